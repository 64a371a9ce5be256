"""The security headers that every page and asset carries."""

from quart import Response

# 'self' covers ws: and wss: of the same origin (CSP Level 3, 6.7.2.8). hls.js hands the video
# element a blob: URL of its MediaSource; its worker is a file of ours. Nothing inline is allowed.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def secure(response: Response) -> Response:
    """Add the security headers to a response and return it."""
    response.headers.update(SECURITY_HEADERS)
    return response
