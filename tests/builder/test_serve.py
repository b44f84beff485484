"""The dev server, over real sockets where the transport matters."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from tiny_site import make_plan, write

from builder import headers
from builder.errors import ServeError, SiteError
from builder.serve import create_app, serve, serving
from builder.site import render_site


def make_site(root: Path) -> Path:
    site = root / "site"
    write(site, {"index.html": "<head></head>start", "app.js": "1", "help/keys.html": "keys"})
    write(root, {"secret.txt": "secret\n"})
    return site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


@pytest.fixture
def client(site: Path) -> FlaskClient:
    return create_app(site).test_client()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """One server for all requests that it should survive."""
    with serving(make_site(tmp_path_factory.mktemp("served"))) as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def raw(address: tuple[str, int], request: bytes) -> bytes:
    """Send bytes, end the sending side, and read all that comes back."""
    with socket.create_connection(address, timeout=20) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it answered before it had read everything
        answer = b""
        try:
            while data := connection.recv(65536):
                answer += data
        except ConnectionResetError:
            pass
        return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def fetch(url: str) -> bytes:
    parts = urlsplit(url)
    request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    return raw((str(parts.hostname), int(parts.port or 0)), request.encode())


def test_the_start_page(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.text) == (200, "<head></head>start")
    assert answer.content_type == "text/html; charset=utf-8"
    assert client.get("/help/keys.html").text == "keys"


@pytest.mark.parametrize("path", ["/", "/app.js", "/missing", "/%2e%2e/secret.txt"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = client.open(path, method=method)
        for name, value in headers.security_headers().items():
            assert answer.headers[name] == value


def test_isolation_can_be_off(site: Path) -> None:
    answer = create_app(site, isolate=False).test_client().get("/")
    assert not any(name.startswith("Cross-Origin") for name in dict(answer.headers))
    assert "Content-Security-Policy" in answer.headers


def test_missing_pages(client: FlaskClient) -> None:
    for path in ("/missing", "/help", "/help/", "/a//b", "/index.html/"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Not found" in answer.text or answer.text == "404 Not Found\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/app.js", "/missing"])
def test_other_methods(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["Allow"].split(",")} == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "target",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt",
     "/help/../../secret.txt", "/help/%2e%2e/%2e%2e/secret.txt", "/..%5csecret.txt",
     "/%252e%252e/secret.txt", "/%c0%ae%c0%ae/secret.txt", "/app.js%00", "/app.js%00.html",
     "//../secret.txt", "/.%2e/secret.txt", "/...//secret.txt", "/%ff%fe", "/etc/passwd",
     "//etc/passwd", "/%2fetc%2fpasswd", "file:///etc/passwd", "http://x/../secret.txt", "*",
     "/" + "a/" * 2000, "/" + "%2e%2e%2f" * 200 + "etc/passwd", "/%0d%0aSet-Cookie:x"],
)  # fmt: skip
def test_traversal(address: tuple[str, int], target: str) -> None:
    answer = raw(address, f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert status(answer) in (400, 404)
    assert b"secret\n" not in answer.split(b"\r\n\r\n", 1)[1]
    assert b"root:" not in answer
    assert b"\nSet-Cookie" not in answer


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", {414}),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", {431}),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 500 + b"\r\n", {431}),
        (b"GET / HTTP/1.1\r\nHost: [\r\n\r\n", {200, 400}),
        (b"GET / HTTP/1.1\r\nHost: a b<c>\r\n\r\n", {200, 400}),
        (b"GET //[ HTTP/1.1\r\nHost: a\r\n\r\n", {400, 404}),
        (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        (b"GET / HTTP/9.9\r\n\r\n", {505}),
        (b"GET / NONSENSE\r\n\r\n", {400}),
        (b"\x16\x03\x01\x02\x00\x01\x00 \x01 \x02\r\n\r\n", {400}),
        (b"POST / HTTP/1.1\r\nContent-Length: nonsense\r\n\r\n", {405}),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", {405}),
        (b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", {200}),
        (b"G\x80T / HTTP/1.1\r\n\r\n", {405, 501}),
        (b"CONNECT a:443 HTTP/1.1\r\n\r\n", {400, 404, 405}),
        (b"GET / HTTP/1.1\r\nAccept-Encoding: " + b"br;q=0.1," * 5000 + b"\r\n\r\n", {200}),
        (b"GET / HTTP/1.1\r\nIf-None-Match: " + b'"a",' * 10_000 + b"\r\n\r\n", {200}),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", {200, 400}),
    ],
)  # fmt: skip
def test_odd_requests(
    address: tuple[str, int],
    request_: bytes,
    expected: set[int],
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert status(raw(address, request_)) in expected
    assert status(raw(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")) == 200  # and it goes on
    assert "Traceback" not in capfd.readouterr().err


def test_a_client_that_says_nothing_or_leaves(address: tuple[str, int]) -> None:
    for data in (b"", b"GET", b"GET / HTTP/1.1\r\nHost:"):
        with socket.create_connection(address) as connection:
            connection.sendall(data)
    with socket.create_connection(address):  # one hangs, the next is served
        assert status(raw(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")) == 200


def test_the_server_does_not_say_what_it_is_made_of(address: tuple[str, int]) -> None:
    answer = raw(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert re.search(rb"\r\nServer: Livematte\r\n", answer)


def test_a_site_exchanged_while_it_is_served(tmp_path: Path) -> None:
    plan = make_plan(tmp_path / "source")
    site, cache = tmp_path / "site", tmp_path / "cache"
    render_site(plan, site, cache_dir=cache)
    wrong: list[object] = []
    stop = threading.Event()
    client = create_app(site).test_client()

    def read() -> None:
        while not stop.is_set():
            answer = client.get("/index.html", headers={"Accept-Encoding": "br"})
            if answer.status_code != 200:
                wrong.append(answer.status)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(8):
        write(plan.template_dir, {"templates/index.html.j2": f"page {number}"})
        render_site(plan, site, cache_dir=cache)
        assert client.get("/").text == f"page {number}"
    stop.set()
    reader.join()
    assert not wrong


def test_no_site(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match=r"there is no site in .*; run `livematte build` first"):
        serve(tmp_path / "missing", port=0)


def test_a_taken_port(
    site: Path, address: tuple[str, int], capfd: pytest.CaptureFixture[str]
) -> None:
    port = address[1]
    with pytest.raises(ServeError) as caught:
        serve(site, port=port)
    assert str(caught.value).startswith(f"port {port} is taken; choose another one with --port ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("203.0.113.1", 0, "cannot listen on 203.0.113.1: .*--host"),
        ("no such host.invalid", 0, "cannot listen on no such host.invalid: .*--host"),
        ("127.0.0.1", 99999, "99999 is no port.*--port"),
    ],
)
def test_addresses_that_are_none(site: Path, host: str, port: int, message: str) -> None:
    with pytest.raises(ServeError, match=message) as caught:
        serve(site, host=host, port=port)
    assert "\n" not in str(caught.value)


def test_a_port_of_the_system(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(ServeError, match=r"port 80 is kept for the system.*--port"):
        serve(site, port=80)


def test_a_port_is_free_again_at_once(site: Path) -> None:
    with serving(site) as url:
        assert status(fetch(url)) == 200
    with serving(site, port=int(urlsplit(url).port or 0)) as again:
        assert again == url


def test_it_listens_on_this_machine_only(site: Path) -> None:
    with serving(site) as url:
        assert urlsplit(url).hostname == "127.0.0.1"
        port = int(urlsplit(url).port or 0)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_ipv6(site: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with serving(site, host="::1") as url:
        assert re.fullmatch(r"http://\[::1\]:\d+/", url)
        assert status(fetch(url)) == 200


RUN = """\
import logging, sys
from pathlib import Path
from builder.serve import serve
logging.basicConfig(level=logging.WARNING, format="%(message)s")
rebuild = (lambda: None) if sys.argv[3] == "live" else None
serve(Path(sys.argv[1]), host=sys.argv[2], port=0, rebuild=rebuild, watch=[Path(sys.argv[1])],
      on_ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


def run(site: Path, host: str, live: str = "no") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUN, site, host, live],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.mark.alone
def test_ctrl_c_ends_at_once_with_listeners(site: Path) -> None:
    process = run(site, "127.0.0.1", "live")
    parts = urlsplit(line(process))
    listeners = []
    for _ in range(3):
        listener = socket.create_connection((str(parts.hostname), int(parts.port or 0)))
        listener.sendall(b"GET /__livematte__/events HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200 OK" in listener.recv(4096)
        listeners.append(listener)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "ended\n", "")
    assert time.monotonic() - start < 3
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize(("host", "warns"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_a_warning_where_others_can_see_the_page(site: Path, host: str, warns: bool) -> None:
    process = run(site, host)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", line(process))
    process.send_signal(signal.SIGINT)
    assert ("https" in process.communicate(timeout=20)[1]) == warns


def saved_until(path: Path, text: str, check: Callable[[], bool]) -> bool:
    """Save a file, and again every second: the watch may not have begun the first time."""
    for _ in range(15):
        path.write_text(text)
        for _ in range(20):
            if check():
                return True
            time.sleep(0.05)
    return False


def test_a_changed_file_rebuilds_and_a_failed_build_is_shown(tmp_path: Path) -> None:
    plan = make_plan(tmp_path / "source")
    site, template = tmp_path / "site", plan.template_dir / "templates" / "index.html.j2"

    def rebuild() -> None:
        render_site(plan, site, cache_dir=tmp_path / "cache")

    rebuild()
    with serving(site, rebuild=rebuild, watch=[plan.template_dir]) as url:
        assert saved_until(template, "<head></head>second", lambda: b"second" in fetch(url))
        assert saved_until(template, "{{ <lost> }}", lambda: status(fetch(url)) == 500)
        assert b"The build failed" in fetch(url)
        assert saved_until(template, "<head></head>third", lambda: b"third" in fetch(url))


def test_nothing_is_injected_without_rebuild(client: FlaskClient) -> None:
    assert client.get("/").text == "<head></head>start"
    assert client.get("/__livematte__/reload.js").status_code == 404


def test_serving_knows_nothing_of_building() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, builder.serve; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    own = {name.removeprefix("builder.") for name in loaded if name.startswith("builder.")}
    assert own == {"errors", "headers", "live_reload", "serve", "static_files", "watch"}
    assert SiteError.__module__ == "builder.errors"
    assert os.name != "nt" or "fcntl" not in loaded
