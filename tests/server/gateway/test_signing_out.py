"""Who signs out everywhere has no open socket left."""

from server.gateway import Registry


async def test_all_sockets_of_the_user_are_closed_and_no_others(venue, room):
    async with (
        venue.client("ada") as here,
        venue.client("ada", packed=True) as there,
        venue.client("bea") as other,
        venue.client() as guest,
    ):
        for client in (here, there, other, guest):
            await client.ok("join", room=room)
        venue.gateway._registry.sign_out("usr_ada")
        for client in (here, there):
            closed = await client.closed()
            assert (closed.code, closed.reason) == (4001, "signed out everywhere")
        for client in (other, guest):
            await client.ok("members", room=room)


def test_who_has_no_socket_signs_out_too():
    Registry().sign_out("usr_ada")
