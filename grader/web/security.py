"""What every answer of the service tells the browser it may and may not do.

Pages carry no inline script and no inline style, so the policy names our own origin and nothing else. What a signed-in
person sees is never kept by a cache: lab computers are shared.
"""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask, *, is_https: bool) -> None:
    """Add the headers to every answer, refusals and static files included."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if is_https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        # The API says more precisely what a program may keep; "public" is what Flask puts on any file it sends.
        if request.endpoint != "static" and (request.blueprint != "api" or response.cache_control.public):
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Cache-Control", "no-store")
        return response
