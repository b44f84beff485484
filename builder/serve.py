"""The dev server: the files of a site with the headers that a host should send.

Knows nothing of building: ``rebuild`` is a function that it calls, and the site a folder that may
be exchanged at any time.
"""

import errno
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from builder.errors import ServeError
from builder.headers import content_type, policies, security_headers
from builder.live_reload import SERVICE_WORKER, LiveReload
from builder.static_files import file_response
from builder.watch import watch as start_watching

log = logging.getLogger(__name__)

_LIVE = "livematte_live_reload"
_METHODS = ("GET", "HEAD")

# How long and for how many blocks of 64 KiB the server listens on after it refused a request.
_DRAIN_S = 0.2
_DRAIN_BLOCKS = 64


def create_app(
    site_dir: Path, rebuild: Callable[[], None] | None = None, *, isolate: bool = True
) -> Flask:
    """Make the application that serves one site.

    Args:
        site_dir: the built site; it may be exchanged while it is served.
        rebuild: builds the site again, or raises; with it, pages reload after each build and show
            why one failed. ``serve`` calls it when a watched file changes.
        isolate: send the headers that make a page cross-origin isolated, which wasm threads need.
    """
    app = Flask(__name__, static_folder=None, template_folder=None)
    live = LiveReload(rebuild) if rebuild else None
    if live:
        app.extensions[_LIVE] = live
        app.register_blueprint(live.blueprint())

    @app.route("/", methods=_METHODS, provide_automatic_options=False)
    @app.route("/<path:name>", methods=_METHODS, provide_automatic_options=False)
    def file(name: str = "index.html") -> Response:
        return _answer(request, site_dir, name, live)

    @app.errorhandler(HTTPException)
    def fault(error: HTTPException) -> Response:
        response = Response(
            f"{error.code} {error.name}\n", error.code, content_type="text/plain; charset=utf-8"
        )
        response.headers["Cache-Control"] = "no-store"
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.update(security_headers(isolate))
        response.headers.setlist("Content-Security-Policy", policies(request.path[1:]))
        return response

    return app


def _answer(request: Request, site_dir: Path, name: str, live: LiveReload | None) -> Response:
    is_page = content_type(name).startswith("text/html")
    if live and live.failure is not None and is_page:
        page = Response(live.failure_page(), 500, content_type=content_type(name))
        page.headers["Cache-Control"] = "no-store"
        return page
    if live and name == SERVICE_WORKER:
        return live.passing_worker()
    edit = live.inject if live and is_page else None
    return file_response(request, site_dir, name, edit) or _missing()


def _missing() -> Response:
    page = (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Not found</title>'
        '</head>\n<body><h1>Not found</h1>\n<p><a href="/">To the start</a></p></body>\n</html>\n'
    )
    return Response(
        page, 404, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


def serve(
    site_dir: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    rebuild: Callable[[], None] | None = None,
    watch: Iterable[Path] = (),
    on_ready: Callable[[str], None] = lambda _: None,
    *,
    isolate: bool = True,
) -> None:
    """Serve a site until Ctrl-C.

    Args:
        site_dir: the built site.
        host: the address to listen on; everyone who reaches it can see the page.
        port: the port to listen on; 0 takes a free one.
        rebuild: builds the site again, or raises; called in a thread.
        watch: files and folders whose change calls ``rebuild``.
        on_ready: called with the page's address once requests are taken.
        isolate: as in ``create_app``.

    Raises:
        ServeError: there is no site, or the port cannot be taken.
    """
    with _listening(site_dir, host, port, rebuild, watch, isolate) as (server, url):
        if not _is_loopback(host):
            log.warning("others can reach this page; browsers give them the camera over https only")
        on_ready(url)
        server.serve_forever()  # returns on Ctrl-C


@contextmanager
def serving(
    site_dir: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    rebuild: Callable[[], None] | None = None,
    watch: Iterable[Path] = (),
    *,
    isolate: bool = True,
) -> Iterator[str]:
    """Serve a site in a thread for as long as the block runs; yields the page's address.

    Arguments and errors are those of ``serve``; the port is a free one unless it is named.
    """
    with _listening(site_dir, host, port, rebuild, watch, isolate) as (server, url):
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _listening(
    site_dir: Path,
    host: str,
    port: int,
    rebuild: Callable[[], None] | None,
    watch: Iterable[Path],
    isolate: bool,
) -> Iterator[tuple[BaseWSGIServer, str]]:
    if not (site_dir / "index.html").is_file():
        raise ServeError(f"there is no site in {site_dir}; run `livematte build` first")
    app = create_app(site_dir, rebuild, isolate=isolate)
    stop = threading.Event()
    with _bind(host, port) as listener:
        # Werkzeug would print its own message and exit if it were to bind a port that is taken.
        server = make_server(
            host, port, app, threaded=True, request_handler=_Handler, fd=listener.fileno()
        )
        try:
            if rebuild:
                start_watching(watch, app.extensions[_LIVE].rebuild, stop)
            yield server, _url(host, server.port)
        finally:
            stop.set()
            server.server_close()


def _bind(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ServeError(f"{port} is no port; choose one from 1 to 65535 with --port")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"port {port} is taken; choose another one with --port {_next_port(port)}"
        elif error.errno == errno.EACCES:
            advice = f"port {port} is kept for the system; choose one from 1024 on with --port"
        else:
            advice = f"cannot listen on {host}: {error.strerror}; name one of this machine's "
            advice += "addresses with --host"
        raise ServeError(advice) from error


def _next_port(port: int) -> int:
    return port + 1 if port < 65535 else 8000


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(host: str, port: int) -> str:
    """Return the address that a browser on this machine opens."""
    shown = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler, quiet, and with an answer to addresses that are none."""

    protocol_version = "HTTP/1.1"
    # Otherwise a broken request line counts as HTTP/0.9, whose answers have no status.
    default_request_version = "HTTP/1.1"

    def version_string(self) -> str:
        return "Livematte"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        log.debug("%s %r %s", self.address_string(), self.requestline, code)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002
        log.debug("%s " + message, self.address_string(), *args)

    def run_wsgi(self) -> None:
        try:
            urlsplit(self.path)
        except ValueError:
            self.send_error(400, "Bad request target")
        else:
            super().run_wsgi()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        super().send_error(code, message, explain)
        # To close with bytes unread would reset the connection, and the answer would be lost.
        self.connection.settimeout(_DRAIN_S)
        with suppress(OSError):
            for _ in range(_DRAIN_BLOCKS):
                if not self.connection.recv(65536):
                    break
