"""Rebuilds on demand and tells every open page about it: the dev server's only moving part.

Each build gets a generation. A page knows the one that it was made for, listens for a newer one by
server-sent events and then loads itself again. While the last build is a failed one, pages are
replaced by its message.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from importlib import resources

from flask import Blueprint, Response
from markupsafe import escape

from builder.errors import LivematteError
from builder.headers import content_type

log = logging.getLogger(__name__)

PREFIX = "/__livematte__"

# What a browser that was here before, without live reload, asks for to renew its worker.
SERVICE_WORKER = "service-worker.js"

# A comment is sent this often, so that the thread of a page that was closed ends.
_HEARTBEAT_S = 15.0

_FAILURE_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The build failed</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{prefix}/reload.css">
</head>
<body>
<h1>The build failed</h1>
<pre role="alert">{message}</pre>
<p>This page loads again by itself after the next build.</p>
</body>
</html>
"""


class LiveReload:
    """The state of the last build. All its methods may be called from any thread."""

    def __init__(self, rebuild: Callable[[], None]) -> None:
        self._rebuild = rebuild
        self._building = threading.Lock()
        self._changed = threading.Condition()
        # Differs from server to server, so that a page of a server before this one reloads too.
        self._server = secrets.token_hex(4)
        self._builds = 0
        self._failure: str | None = None

    @property
    def generation(self) -> str:
        """The name of the last build."""
        return f"{self._server}-{self._builds}"

    @property
    def failure(self) -> str | None:
        """Why the last build failed; None when it did not."""
        return self._failure

    def rebuild(self) -> None:
        """Build, and note how it went; builds never overlap and an error ends here."""
        with self._building:
            failure = self._try()
            with self._changed:
                self._builds += 1
                self._failure = failure
                self._changed.notify_all()

    def _try(self) -> str | None:
        try:
            self._rebuild()
        except LivematteError as error:
            log.error("%s", error)
            return str(error)
        except Exception as error:  # whatever the callback does, the server outlives it and tells
            log.exception("the build broke")
            return f"{type(error).__name__}: {error}\n\nThe terminal shows where."
        return None

    def wait(self, seen: str | None, timeout_s: float) -> str:
        """Return the generation as soon as it is not ``seen``, or after ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self.generation != seen, timeout_s)
            return self.generation

    def inject(self, html: bytes) -> bytes:
        """Add the script that reloads, as a file: the policy allows no inline script."""
        script = (
            f'<script type="module" src="{PREFIX}/reload.js?generation={self.generation}"></script>'
        ).encode()
        head, end, rest = html.partition(b"</head>")
        return head + script + end + rest

    def failure_page(self) -> bytes:
        """Make the page that stands in place of every other one after a failed build."""
        page = _FAILURE_PAGE.format(prefix=PREFIX, message=escape(self._failure or ""))
        return self.inject(page.encode())

    def blueprint(self) -> Blueprint:
        """Make the routes that the script needs, all below ``PREFIX``."""
        blueprint = Blueprint("live_reload", __name__, url_prefix=PREFIX)

        @blueprint.get("/events", provide_automatic_options=False)
        def events() -> Response:
            return Response(
                self._events(), mimetype="text/event-stream", headers={"Cache-Control": "no-store"}
            )

        @blueprint.get("/<any('reload.js', 'reload.css'):name>", provide_automatic_options=False)
        def client(name: str) -> Response:
            return _asset(name)

        return blueprint

    def passing_worker(self) -> Response:
        """Make a worker that keeps nothing, in place of the site's: pages show the last build."""
        return _asset("passing-worker.js")

    def _events(self) -> Iterator[str]:
        seen = None
        while True:
            generation = self.wait(seen, _HEARTBEAT_S)
            yield ": still here\n\n" if generation == seen else f"data: {generation}\n\n"
            seen = generation


def _asset(name: str) -> Response:
    source = resources.files("builder") / "assets" / name
    return Response(
        source.read_bytes(), content_type=content_type(name), headers={"Cache-Control": "no-cache"}
    )
