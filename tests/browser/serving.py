"""Servers for the tests: the real one, and wrappers that make it misbehave on purpose."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from builder.serve import create_app

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class RequestLog:
    """Writes down every request that arrives: the page cannot hide one from its server."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._paths: list[str] = []

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            self._paths.append(environ["PATH_INFO"])
        return self._app(environ, start_response)

    @property
    def paths(self) -> list[str]:
        """Of all requests so far, in order."""
        with self._lock:
            return list(self._paths)


class WithHeaders:
    """Sends other headers than the real server; an empty value removes one."""

    def __init__(self, app: WsgiApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            changed = {name.lower() for name in self._headers}
            kept = [(name, value) for name, value in headers if name.lower() not in changed]
            added = [(name, value) for name, value in self._headers.items() if value]
            return start_response(status, kept + added, *rest)

        return self._app(environ, start)


class Holding:
    """Lets requests whose path ends on ``suffix`` wait until ``release`` is called."""

    def __init__(self, app: WsgiApp, suffix: str) -> None:
        self._app = app
        self._suffix = suffix
        self._released = threading.Event()
        self.reached = threading.Event()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].endswith(self._suffix):
            self.reached.set()
            self._released.wait(60)
        return self._app(environ, start_response)

    def release(self) -> None:
        self._released.set()


class Servers:
    """Starts servers on free ports; all end with the session."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def start(self, app: WsgiApp) -> str:
        """The address of ``app``, without a slash at its end."""
        return self._stack.enter_context(_listening(app))

    def site(self, folder: Path, *, isolate: bool = True) -> tuple[str, RequestLog]:
        """Serves a built site; also says which requests have reached it."""
        requests = RequestLog(create_app(folder, isolate=isolate).wsgi_app)
        return self.start(requests), requests


@contextmanager
def _listening(app: WsgiApp) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
