"""Downloads: whole or not at all, resumed where that is safe, refused with one line."""

import errno
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from local_server import Answer, LocalServer, honest, local_server

from builder import download as module
from builder import download_part
from builder.download import Wanted, download
from builder.download_part import Part
from builder.errors import FetchError

# More than one chunk, so that a part can be interrupted between two.
DATA = bytes(range(256)) * 1024
SHA = hashlib.sha256(DATA).hexdigest()
OTHER = DATA[::-1]
HALF = len(DATA) // 2


@pytest.fixture
def server():
    with local_server() as running:
        running.answer = honest(DATA)
        yield running


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.001)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "model"


def wanted(server: LocalServer, sha256: str | None = SHA, size: int | None = None) -> Wanted:
    return Wanted(f"{server.url}/model", sha256, size)


def files(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.exists() else []


def refusal(wanted: Wanted, target: Path) -> str:
    with pytest.raises(FetchError) as caught:
        download(wanted, target)
    assert "\n" not in str(caught.value)
    assert not target.exists()
    return str(caught.value)


def leave_half(server: LocalServer, target: Path, **keys) -> None:
    """Break off half-way, as Ctrl-C does."""

    def interrupt(done: int, total: int | None) -> None:
        if done >= HALF:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(wanted(server, **keys), target, interrupt)
    server.requests.clear()


def test_the_file_its_hash_and_its_progress(server: LocalServer, target: Path) -> None:
    steps: list[tuple[int, int | None]] = []

    def advance(done: int, total: int | None) -> None:
        assert not target.exists()
        steps.append((done, total))

    assert download(wanted(server, size=len(DATA)), target, advance) == SHA
    assert target.read_bytes() == DATA
    assert files(target) == ["model"]
    assert steps[0] == (0, len(DATA))
    assert steps[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    ((_, headers),) = server.requests
    assert headers["Accept-Encoding"] == "identity"
    assert headers["User-Agent"].startswith("livematte/")
    assert "Range" not in headers


def test_an_interrupted_download_leaves_a_part_only_and_goes_on(
    server: LocalServer, target: Path
) -> None:
    leave_half(server, target)
    assert files(target) == ["model.part", "model.part.json"]
    have = (target.parent / "model.part").stat().st_size
    assert HALF <= have < len(DATA)
    steps = []
    assert download(wanted(server), target, lambda *step: steps.append(step)) == SHA
    assert target.read_bytes() == DATA
    assert files(target) == ["model"]
    ((_, headers),) = server.requests
    assert headers["Range"] == f"bytes={have}-"
    assert headers["If-Range"] == '"one"'
    assert steps[0] == (have, len(DATA))


def test_ctrl_c_in_another_process(server: LocalServer, target: Path) -> None:
    whole = honest(DATA)
    server.answer = honest(DATA, cut=HALF, stall=20)
    code = (
        "import sys; from pathlib import Path; from builder.download import Wanted, download\n"
        "download(Wanted(sys.argv[1], sys.argv[2]), Path(sys.argv[3]))"
    )
    arguments = [sys.executable, "-c", code, f"{server.url}/model", SHA, str(target)]
    part = target.parent / "model.part"
    with subprocess.Popen(arguments, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size == HALF):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert files(target) == ["model.part", "model.part.json"]
    server.answer = whole
    download(wanted(server), target)
    assert server.ranges()[-1] == f"bytes={HALF}-"
    assert target.read_bytes() == DATA


def test_a_broken_connection_is_taken_up_again(server: LocalServer, target: Path) -> None:
    whole = honest(DATA)
    server.answer = lambda request: (
        whole(request) if server.ranges()[-1] else Answer(DATA, headers={"ETag": '"one"'}, cut=HALF)
    )
    assert download(wanted(server), target) == SHA
    assert server.ranges() == [None, f"bytes={HALF}-"]
    assert target.read_bytes() == DATA


def test_as_long_as_bytes_come_there_is_no_end_of_tries(server: LocalServer, target: Path) -> None:
    whole, step = honest(DATA), len(DATA) // 10

    def crumbs(request):
        answer = whole(request)
        answer.cut = step
        return answer

    server.answer = crumbs
    assert download(wanted(server), target) == SHA
    assert len(server.requests) > 2 * module.TRIES


def test_a_server_without_ranges_sends_all_again(server: LocalServer, target: Path) -> None:
    leave_half(server, target)
    server.answer = lambda _: Answer(DATA)
    assert download(wanted(server), target) == SHA
    assert target.read_bytes() == DATA
    assert len(server.requests) == 1


def test_a_file_that_has_changed_meanwhile_is_brought_afresh(
    server: LocalServer, target: Path
) -> None:
    leave_half(server, target, sha256=None)
    server.answer = honest(OTHER, etag='"two"')
    assert download(wanted(server, None), target) == hashlib.sha256(OTHER).hexdigest()
    assert target.read_bytes() == OTHER


def test_without_a_validator_only_a_sha256_lets_it_go_on(server: LocalServer, target: Path) -> None:
    bare = honest(DATA)

    def without_etag(request):
        answer = bare(request)
        del answer.headers["ETag"]
        return answer

    server.answer = without_etag
    leave_half(server, target)
    download(wanted(server), target)
    assert server.ranges() == [f"bytes={server_part(server)}-"]
    target.unlink()
    leave_half(server, target, sha256=None)
    download(wanted(server, None), target)
    assert server.ranges() == [None]


def server_part(server: LocalServer) -> int:
    return int(server.requests[0][1]["Range"].removeprefix("bytes=").removesuffix("-"))


@pytest.mark.parametrize("etag", ['W/"one"', None])
def test_the_date_stands_in_for_a_weak_etag(server: LocalServer, target: Path, etag) -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    extra = {"ETag": etag} if etag else {}
    server.answer = lambda _: Answer(DATA, headers={"Last-Modified": date, **extra})
    leave_half(server, target)
    download(wanted(server), target)
    assert server.requests[0][1]["If-Range"] == date


def test_a_part_of_another_address_is_dropped(server: LocalServer, target: Path) -> None:
    leave_half(server, target, sha256=None)
    download(Wanted(f"{server.url}/other"), target)
    assert server.ranges() == [None]


def test_a_part_that_is_whole_needs_no_request(server: LocalServer, target: Path) -> None:
    leave_half(server, target)
    (target.parent / "model.part").write_bytes(DATA)
    assert download(wanted(server), target) == SHA
    assert server.requests == []


@pytest.mark.parametrize("damage", ["", "[]", '{"url": 3}', "\udcff", '{"what": 1}'])
def test_damaged_notes_on_a_part_do_no_harm(server: LocalServer, target: Path, damage) -> None:
    leave_half(server, target, sha256=None)
    notes = target.parent / "model.part.json"
    notes.write_bytes(damage.encode("utf-8", "surrogateescape"))
    assert download(wanted(server, None), target) == SHA


class TestServersThatLie:
    @pytest.mark.parametrize("change", ["start", "no start", "total", "tag"])
    def test_about_the_rest(self, server: LocalServer, target: Path, change: str) -> None:
        """Without a sha256, so that nothing else would notice."""
        leave_half(server, target, sha256=None)
        have = (target.parent / "model.part").stat().st_size
        start = 7 if change == "start" else have
        total = len(DATA) + (change == "total")
        headers = {"ETag": '"two"' if change == "tag" else '"one"'}
        if change != "no start":
            headers["Content-Range"] = f"bytes {start}-{len(DATA) - 1}/{total}"
        rest = Answer(OTHER[start:], 206, headers)
        server.answer = lambda request: rest if "Range" in request.headers else Answer(DATA)
        assert download(wanted(server, None), target) == SHA
        assert target.read_bytes() == DATA
        assert server.ranges() == [f"bytes={have}-", None]

    def test_another_rest(self, server: LocalServer, target: Path) -> None:
        """The sum is wrong, so all of it is brought once more."""
        leave_half(server, target)
        lying, whole = honest(OTHER), honest(DATA)
        server.answer = lambda request: (
            lying(request) if "Range" in request.headers else whole(request)
        )
        assert download(wanted(server), target) == SHA
        assert len(server.requests) == 2

    def test_another_file(self, server: LocalServer, target: Path) -> None:
        server.answer = honest(OTHER)
        message = refusal(wanted(server), target)
        assert f"sha256 is {hashlib.sha256(OTHER).hexdigest()}, the recipe says {SHA}" in message
        assert files(target) == []
        assert len(server.requests) == 1

    def test_another_size_is_seen_before_the_first_byte(
        self, server: LocalServer, target: Path
    ) -> None:
        steps = []
        with pytest.raises(FetchError, match=f"has {len(DATA)} bytes, the recipe says 7"):
            download(wanted(server, size=7), target, lambda *step: steps.append(step))
        assert steps == []

    def test_another_size_without_a_length(self, server: LocalServer, target: Path) -> None:
        server.answer = lambda _: Answer(DATA, length=False)
        assert "sends more bytes" in refusal(wanted(server, size=7), target)
        assert "has 262144 bytes, the recipe says 262145" in refusal(
            wanted(server, size=len(DATA) + 1), target
        )

    def test_a_range_that_cannot_be(self, server: LocalServer, target: Path) -> None:
        leave_half(server, target)
        server.answer = lambda request: (
            Answer(status=416) if "Range" in request.headers else Answer(DATA)
        )
        assert download(wanted(server), target) == SHA
        assert server.ranges()[1:] == [None]

    def test_compressed(self, server: LocalServer, target: Path) -> None:
        server.answer = lambda _: Answer(DATA, headers={"Content-Encoding": "gzip"})
        assert "comes compressed" in refusal(wanted(server), target)

    def test_too_large(
        self, server: LocalServer, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_BYTES", len(DATA) - 1)
        assert "larger than 2 GiB" in refusal(wanted(server), target)
        server.answer = lambda _: Answer(DATA, length=False)
        assert "sends more bytes" in refusal(wanted(server), target)
        assert files(target) == []


class TestWithoutASha256:
    def test_a_web_page_is_no_model(self, server: LocalServer, target: Path) -> None:
        page = {"Content-Type": "text/html; charset=utf-8"}
        server.answer = lambda _: Answer(b"<p>log in</p>", headers=page)
        assert "is a web page" in refusal(wanted(server, None), target)

    def test_nor_is_a_git_lfs_pointer(self, server: LocalServer, target: Path) -> None:
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
        server.answer = lambda _: Answer(pointer)
        assert "Git LFS" in refusal(wanted(server, None), target)

    def test_nor_is_nothing(self, server: LocalServer, target: Path) -> None:
        server.answer = lambda _: Answer(b"")
        assert "is empty" in refusal(wanted(server, None), target)
        assert files(target) == []

    def test_the_end_must_be_known(self, server: LocalServer, target: Path) -> None:
        server.answer = lambda _: Answer(DATA, length=False)
        assert "may be cut short" in refusal(wanted(server, None), target)
        assert download(wanted(server), target) == SHA  # which shows that it is whole

    def test_chunks_have_an_end(self, server: LocalServer, target: Path) -> None:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(DATA), DATA)
        chunked = {"Transfer-Encoding": "chunked"}
        server.answer = lambda _: Answer(body, headers=chunked)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("local_server._Handler.protocol_version", "HTTP/1.1")
            assert download(wanted(server, None), target) == SHA
            target.unlink()
            server.answer = lambda _: Answer(body, headers=chunked, cut=HALF)
            assert "cannot be downloaded" in refusal(wanted(server, None), target)


class TestTrouble:
    def test_a_server_that_says_nothing(
        self, server: LocalServer, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "TIMEOUT_S", 0.1)
        server.answer = honest(DATA, cut=0, stall=5)
        assert "no answer from 127.0.0.1 in 0.1 s" in refusal(wanted(server), target)
        assert len(server.requests) == module.TRIES

    def test_trouble_that_passes(self, server: LocalServer, target: Path) -> None:
        whole = honest(DATA)
        server.answer = lambda request: (
            Answer(status=503, headers={"Retry-After": "0"})
            if len(server.requests) < module.TRIES
            else whole(request)
        )
        assert download(wanted(server), target) == SHA

    def test_trouble_that_does_not_pass(self, server: LocalServer, target: Path) -> None:
        server.answer = lambda _: Answer(status=500)
        message = refusal(wanted(server), target)
        assert "cannot be downloaded (500 Internal Server Error); check the network" in message
        assert len(server.requests) == module.TRIES
        assert files(target) == []

    def test_the_server_says_how_long_to_wait(
        self, server: LocalServer, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(module.time, "sleep", pauses.append)
        answers = iter(["3", "9999", "tomorrow"])
        server.answer = lambda _: Answer(status=429, headers={"Retry-After": next(answers, "")})
        refusal(wanted(server), target)
        assert pauses == [3.0, module.LONGEST_PAUSE_S, module.PAUSE_S * 4]

    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    def test_a_refusal_is_final(self, server: LocalServer, target: Path, status: int) -> None:
        server.answer = lambda _: Answer(status=status)
        assert f"cannot be downloaded ({status} " in refusal(wanted(server), target)
        assert len(server.requests) == 1

    def test_an_answer_without_a_file(self, server: LocalServer, target: Path) -> None:
        server.answer = lambda _: Answer(status=204)
        assert "answers 204, not a file" in refusal(wanted(server), target)

    def test_nobody_listens(self, target: Path) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{held.getsockname()[1]}/model"
            message = refusal(Wanted(url, SHA), target)
        assert "127.0.0.1 cannot be reached: Connection refused); check the network" in message
        assert files(target) == []

    def test_an_unknown_host(self, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*arguments, **keys):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        message = refusal(Wanted("https://models.invalid/model", SHA), target)
        assert "models.invalid cannot be reached: Name or service not known" in message

    def test_no_http(self, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(0)
            monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/model"
            assert "no answer from 127.0.0.1" in refusal(Wanted(url, SHA), target)

    def test_a_certificate_that_nobody_trusts(
        self, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        error = ssl.SSLCertVerificationError(1, "failed")
        error.verify_message = "self-signed certificate"
        tries = []

        def connect(connection):
            tries.append(connection)
            raise error

        monkeypatch.setattr(http.client.HTTPSConnection, "connect", connect)
        message = refusal(Wanted("https://models.invalid/model", SHA), target)
        assert "the certificate of models.invalid cannot be trusted (self-signed" in message
        assert len(tries) == 1

    @pytest.mark.parametrize("url", ["http://127.0.0.1:port/model", "http://[::1/model"])
    def test_no_address(self, target: Path, url: str) -> None:
        assert "no web address" in refusal(Wanted(url, SHA), target)


class _PlainHttps(urllib.request.HTTPSHandler):
    """Lets https addresses be answered by the plain local server."""

    def https_open(self, request):
        return self.do_open(http.client.HTTPConnection, request)


class TestRedirects:
    def go_to(self, server: LocalServer, place: str):
        whole = honest(DATA)
        server.answer = lambda request: (
            whole(request)
            if request.path == "/there"
            else Answer(status=302, headers={"Location": place})
        )

    def test_is_followed_with_its_range(self, server: LocalServer, target: Path) -> None:
        self.go_to(server, "/there")
        leave_half(server, target)
        assert download(wanted(server), target) == SHA
        assert server.ranges()[0] == server.ranges()[1] is not None

    def test_endless_ones_are_not(self, server: LocalServer, target: Path) -> None:
        self.go_to(server, "/model")
        assert "cannot be downloaded (302" in refusal(wanted(server), target)
        assert len(server.requests) < 10

    @pytest.mark.parametrize("place", ["http://127.0.0.1:1/there", "ftp://127.0.0.1/there"])
    def test_from_https_to_plain_http_is_refused(
        self, server: LocalServer, target: Path, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        self.go_to(server, place)
        handlers = module._NoDowngrade(), _PlainHttps()
        monkeypatch.setattr(module, "_opener", lambda: urllib.request.build_opener(*handlers))
        url = wanted(server).url.replace("http:", "https:")
        message = refusal(Wanted(url, SHA), target)
        assert f"redirects to {place}, which is not encrypted" in message
        assert len(server.requests) == 1
        self.go_to(server, f"{server.url}/there".replace("http:", "https:"))
        assert download(Wanted(url, SHA), target) == SHA

    def test_from_http_to_another_scheme_is_refused(
        self, server: LocalServer, target: Path
    ) -> None:
        self.go_to(server, "ftp://127.0.0.1/there")
        assert "not encrypted" in refusal(wanted(server), target)
        self.go_to(server, "file:///etc/hostname")
        assert "cannot be downloaded (302" in refusal(wanted(server), target)


class TestDisk:
    def test_full(self, server: LocalServer, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write = download_part.Part.write

        class Full:
            def __init__(self, file):
                self.file = file

            def __getattr__(self, name):
                return getattr(self.file, name)

            def write(self, _chunk):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def to_a_full_disk(part, chunk):
            if part.size >= HALF:
                part._file = Full(part._file)
            write(part, chunk)

        with monkeypatch.context() as patch:
            patch.setattr(Part, "write", to_a_full_disk)
            message = refusal(wanted(server), target)
        assert "model: cannot be written (No space left on device); make room" in message
        assert len(server.requests) == 1  # not taken for the network's fault
        assert download(wanted(server), target) == SHA
        assert server.ranges()[1] == f"bytes={HALF}-"

    def test_notes_that_cannot_be_written(self, server: LocalServer, target: Path) -> None:
        (target.parent / "model.part.json").mkdir(parents=True)
        assert "cannot be written (Is a directory)" in refusal(wanted(server), target)

    def test_no_folder(self, server: LocalServer, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        message = refusal(wanted(server), tmp_path / "file" / "model")
        assert "cannot be written" in message
        assert "set LIVEMATTE_CACHE" in message

    def test_two_at_once(self, server: LocalServer, target: Path) -> None:
        target.parent.mkdir()
        with Part(target, wanted(server).url, trusted=True):
            assert "another program is downloading" in refusal(wanted(server), target)
        assert download(wanted(server), target) == SHA

    def test_notes_say_what_the_server_said(self, server: LocalServer, target: Path) -> None:
        leave_half(server, target)
        notes = json.loads((target.parent / "model.part.json").read_text())
        assert notes["url"] == wanted(server).url
        assert (notes["total"], notes["etag"]) == (len(DATA), '"one"')
