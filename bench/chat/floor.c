/* The kernel's floor: a bare loop of send() over all sockets, one message for each line on stdin.
   It is told how many sockets there will be and how long a message is, and speaks just enough
   HTTP for the members to take it for a WebSocket. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128)) fail("listen");
    if (getsockname(listener, (struct sockaddr *)&address, &size)) fail("getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int members = atoi(argv[1]);
    const char *content = argv[2];
    size_t size = strlen(content);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    unsigned char *message = malloc(size + 4);
    message[0] = 0x81;
    message[1] = 126;
    message[2] = (unsigned char)(size >> 8);
    message[3] = (unsigned char)size;
    memcpy(message + 4, content, size);

    static const char yes[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    int *sockets = malloc(sizeof(int) * (size_t)members);
    int listener = listen_on_loopback();
    char request[4096];
    for (int n = 0; n < members; n++) {
        sockets[n] = accept(listener, NULL, NULL);
        if (sockets[n] < 0 || recv(sockets[n], request, sizeof request, 0) <= 0) fail("accept");
        if (send(sockets[n], yes, sizeof yes - 1, 0) < 0) fail("send");
    }
    char line[64];
    while (fgets(line, sizeof line, stdin))
        for (int n = 0; n < members; n++)
            if (send(sockets[n], message, size + 4, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) fail("send");
    return 0;
}
