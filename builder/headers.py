"""What a browser is told about each file: type, caching, isolation, and what the page may do.

The dev server sends these; a built site carries the same in ``_headers`` for static hosts.
"""

import re
from pathlib import PurePosixPath

# The page runs modules and WebAssembly of its own origin, shows blobs that the visitor opened and
# does nothing else: no inline script, no eval, no other origin.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "style-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

# For the page with the controls, besides the policy above: nobody else may frame it, so that no
# visitor is led to press what they do not see. ``embed.html`` is made for frames.
PAGE_POLICY = "frame-ancestors 'self'"

# Only names that every current browser knows: an unknown one is a warning in the console.
PERMISSIONS_POLICY = (
    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
    "picture-in-picture=(self), geolocation=(), payment=(), usb=()"
)

_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# Together they make the page cross-origin isolated, without which there is no SharedArrayBuffer
# and so no wasm thread.
_ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

_HASHED = re.compile(r"-[0-9a-f]{10}[./]")

_UNKNOWN_TYPE = "application/octet-stream"

# Never the system's own table: it differs from machine to machine, and a module or a wasm file
# with a wrong type does not run.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp4": "video/mp4",
    ".onnx": _UNKNOWN_TYPE,
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


def security_headers(isolate: bool = True) -> dict[str, str]:
    """Return the headers that every answer carries; ``isolate`` adds COOP, COEP and CORP."""
    return {**_ISOLATION, **_ALWAYS} if isolate else dict(_ALWAYS)


def policies(path: str) -> list[str]:
    """Return the Content-Security-Policies of a site path; a browser keeps each of them."""
    is_page = path in ("", "index.html")
    return [CONTENT_SECURITY_POLICY, *([PAGE_POLICY] if is_page else [])]


def cache_control(path: str) -> str:
    """Return how long a browser may keep a site path: for ever when its name carries a hash."""
    return IMMUTABLE if _HASHED.search(path) else REVALIDATE


def content_type(path: str) -> str:
    """Return the media type of a site path, by its suffix."""
    return _TYPES.get(PurePosixPath(path).suffix.lower(), _UNKNOWN_TYPE)
