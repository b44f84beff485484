"""A web server on this machine that behaves, or misbehaves, as a test says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer:
    """What a server does with one request: status, headers, body, and how it ends."""

    def __init__(self, body=b"", status=200, headers=(), *, length=True, cut=None, stall=None):
        self.body, self.status, self.headers = body, status, dict(headers)
        self.length, self.cut, self.stall = length, cut, stall


class LocalServer:
    """Answers each request as ``answer(request)`` says; remembers the requests' headers."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.requests = []
        self.answer = lambda _: Answer(status=404)
        self.closing = threading.Event()

    def ranges(self):
        return [headers.get("Range") for _, headers in self.requests]


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "Test", ""

    def do_GET(self):
        local = self.server.local
        local.requests.append((self.path, dict(self.headers)))
        answer = local.answer(self)
        self.send_response(answer.status)
        if answer.length and "Transfer-Encoding" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        self.wfile.flush()
        if answer.stall:
            local.closing.wait(answer.stall)

    def log_message(self, *arguments):
        pass


@contextmanager
def local_server() -> Iterator[LocalServer]:
    """Run a server for as long as the context lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        running.daemon_threads = True
        running.local = LocalServer(running.server_port)
        thread = threading.Thread(target=lambda: running.serve_forever(0.01))
        thread.start()
        try:
            yield running.local
        finally:
            running.local.closing.set()
            running.shutdown()
            thread.join()


def honest(data, etag='"one"', **extra):
    """A server with ranges: the rest is sent if it is of the same file."""

    def answer(request):
        start, headers = 0, {"ETag": etag, "Accept-Ranges": "bytes"}
        asked = request.headers.get("Range")
        if asked and request.headers.get("If-Range") in (None, etag):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(data):
            return Answer(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return Answer(data[start:], 206 if start else 200, headers, **extra)

    return answer
