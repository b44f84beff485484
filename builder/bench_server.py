"""The site on a free port, with a count of what it sends: a browser's own count leaves out what
its workers fetch.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from builder.errors import ServeError
from builder.serve import create_app

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass
class Traffic:
    """Answers so far, and the bytes of their bodies, as they went over the wire (compressed)."""

    requests: int = 0
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, requests: int, count: int) -> None:
        """Counts, from any thread."""
        with self.lock:
            self.requests += requests
            self.bytes += count


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as on a real host

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def counted(site_dir: Path) -> Iterator[tuple[str, Traffic]]:
    """Serve a site in a thread for as long as the block runs; yields its address and the count.

    Raises `ServeError` when there is no site.
    """
    if not (site_dir / "index.html").is_file():
        raise ServeError(f"there is no site in {site_dir}; run `livematte build` first")
    traffic = Traffic()
    app = _count(create_app(site_dir).wsgi_app, traffic)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/", traffic
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _count(app: WsgiApp, traffic: Traffic) -> WsgiApp:
    def counting(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = app(environ, start_response)
        traffic.add(1, 0)
        try:
            for chunk in body:
                traffic.add(0, len(chunk))
                yield chunk
        finally:
            getattr(body, "close", lambda: None)()

    return counting
