"""Source bytes: from npm packages, from files, from a server; never the wrong ones."""

import contextlib
import hashlib
import io
import logging
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from local_server import Answer, LocalServer, honest, local_server
from rich.console import Console

from builder import archives, console, download_lock, progress
from builder import download as download_module
from builder import fetch as fetch_module
from builder.cli import main
from builder.errors import FetchError
from builder.fetch import fetch, npm_file
from builder.recipe import Recipe, load_recipe

DATA = b"model bytes"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVEMATTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "PAUSE_S", 0.001)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with local_server() as running:
        running.answer = honest(DATA)
        yield running


def recipe(folder: Path, source: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text(
        f"""
        name = "mine"
        licence = "MIT"
        format = "onnx"
        title = {{ en = "Mine", zh = "我的" }}
        source = {source}
        input = {{ width = 256, height = 144, layout = "NCHW" }}
        output = {{ kind = "alpha" }}
        """,
        "utf-8",
    )
    return load_recipe(path)


def test_the_default_models_are_the_ones_their_recipes_name() -> None:
    for name in ("selfie", "selfie-landscape"):
        wanted = load_recipe(name)
        assert hashlib.sha256(fetch(wanted)).hexdigest() == wanted.source.sha256


def test_a_path_starts_at_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(DATA)
    assert fetch(recipe(tmp_path, '{ path = "mine.onnx" }')) == DATA


def test_wrong_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(DATA + b"!")
    with pytest.raises(FetchError, match=f"the recipe mine says {SHA}"):
        fetch(recipe(tmp_path, f'{{ path = "mine.onnx", sha256 = "{SHA}" }}'))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"mine\.onnx: cannot be read \(No such file"):
        fetch(recipe(tmp_path, '{ path = "mine.onnx" }'))


def test_a_download_happens_once(tmp_path: Path, server: LocalServer) -> None:
    wanted = recipe(tmp_path, f'{{ url = "{server.url}/model", sha256 = "{SHA}" }}')
    assert [fetch(wanted), fetch(wanted)] == [DATA, DATA]
    assert len(server.requests) == 1
    assert not (tmp_path / "downloads.lock").exists()


def test_a_download_of_wrong_bytes_is_not_kept(
    tmp_path: Path, server: LocalServer, cache: Path
) -> None:
    wanted = recipe(tmp_path, f'{{ url = "{server.url}/model", sha256 = "{"0" * 64}" }}')
    with pytest.raises(FetchError, match=f"sha256 is {SHA}, the recipe mine says 000"):
        fetch(wanted)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_a_damaged_copy_in_the_cache_is_replaced(
    tmp_path: Path, server: LocalServer, cache: Path
) -> None:
    wanted = recipe(tmp_path, f'{{ url = "{server.url}/model", sha256 = "{SHA}" }}')
    fetch(wanted)
    (cache / "downloads" / SHA).write_bytes(b"half")
    assert fetch(wanted) == DATA
    assert len(server.requests) == 2


@pytest.mark.parametrize("path", ["/none", ""])
def test_a_server_that_refuses_is_named(tmp_path: Path, server: LocalServer, path: str) -> None:
    server.answer = lambda _: Answer(status=404)
    wanted = recipe(tmp_path, f'{{ url = "{server.url}{path}", sha256 = "{SHA}" }}')
    with pytest.raises(FetchError, match=f"{server.url}{path}: cannot be downloaded"):
        fetch(wanted)


def test_nobody_listens(tmp_path: Path) -> None:
    wanted = recipe(tmp_path, f'{{ url = "http://127.0.0.1:9/model", sha256 = "{SHA}" }}')
    with pytest.raises(FetchError, match="check the network"):
        fetch(wanted)


def test_a_download_shows_how_far_it_is(tmp_path: Path, server: LocalServer) -> None:
    shown: list[object] = []

    @contextmanager
    def bar(what: str) -> Iterator[progress.Advance]:
        shown.append(what)
        yield lambda *step: shown.append(step)
        shown.append("done")

    token = progress.byte_bar.set(bar)
    try:
        fetch(recipe(tmp_path, f'{{ url = "{server.url}/model", sha256 = "{SHA}" }}'))
    finally:
        progress.byte_bar.reset(token)
    assert shown == ["downloading mine", (0, len(DATA)), (len(DATA), len(DATA)), "done"]


@pytest.mark.parametrize("terminal", [True, False])
def test_the_command_line_shows_it(
    tmp_path: Path, server: LocalServer, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    shown = io.StringIO()
    screen = Console(file=shown, force_terminal=terminal, width=100)
    monkeypatch.setattr(console, "progress_console", screen)
    recipe(tmp_path, f'{{ url = "{server.url}/model", sha256 = "{SHA}" }}')
    arguments = ["convert", str(tmp_path / "mine.toml"), "-o", str(tmp_path / "out.onnx")]
    result = CliRunner().invoke(main, arguments)
    assert "not an ONNX file" in result.stderr  # so it has been downloaded
    assert ("11/11 bytes" if terminal else "· downloading mine") in shown.getvalue()
    assert progress.byte_bar.get() is progress._silent


class TestThePin:
    """A first download without a published sha256 is pinned beside the recipe."""

    def test_is_written_with_the_first_download(
        self, tmp_path: Path, server: LocalServer, cache: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        wanted = recipe(tmp_path, f'{{ url = "{server.url}/model" }}')
        with caplog.at_level(logging.WARNING):
            assert fetch(wanted) == DATA
        assert f"{SHA} is pinned in {tmp_path / 'downloads.lock'}" in caplog.text
        assert download_lock.pinned(tmp_path, f"{server.url}/model") == (
            SHA,
            tmp_path / "downloads.lock",
        )
        assert fetch(wanted) == DATA
        assert len(server.requests) == 1
        assert [p.name for p in (cache / "downloads").iterdir()] == [SHA]

    def test_holds_for_later_downloads(
        self, tmp_path: Path, server: LocalServer, cache: Path
    ) -> None:
        wanted = recipe(tmp_path, f'{{ url = "{server.url}/model" }}')
        fetch(wanted)
        (cache / "downloads" / SHA).unlink()
        server.answer = honest(DATA[::-1])
        lock = tmp_path / "downloads.lock"
        with pytest.raises(FetchError, match=f"sha256 is .*, {lock} says {SHA}; the file has"):
            fetch(wanted)
        lock.unlink()
        assert fetch(wanted) == DATA[::-1]

    def test_stays_with_others(self, tmp_path: Path, server: LocalServer) -> None:
        addresses = [f"{server.url}/b", f"{server.url}/a?\\x=1", f"{server.url}/c"]
        for number, url in enumerate(addresses):
            download_lock.pin(tmp_path, url, f"{number}" * 64, number)
        for number, url in enumerate(addresses):
            found = download_lock.pinned(tmp_path, url)
            assert found
            assert found[0] == f"{number}" * 64
        text = (tmp_path / "downloads.lock").read_text()
        assert text.startswith("# The sha256 of files")
        assert text.index("/a") < text.index("/b") < text.index("/c")
        assert [p.name for p in tmp_path.iterdir()] == ["downloads.lock"]

    def test_lies_in_the_cache_where_the_recipes_cannot_be_written(
        self, tmp_path: Path, server: LocalServer, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.refuse_writing(monkeypatch, tmp_path)
        wanted = recipe(tmp_path, f'{{ url = "{server.url}/model" }}')
        assert fetch(wanted) == DATA
        assert download_lock.pinned(tmp_path, f"{server.url}/model") == (
            SHA,
            cache / "downloads.lock",
        )
        self.refuse_writing(monkeypatch, tmp_path, cache)
        (cache / "downloads.lock").unlink()
        with pytest.raises(FetchError, match=f'cannot be written .*write sha256 = "{SHA}" into'):
            fetch(wanted)

    def refuse_writing(self, monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
        write = Path.write_bytes

        def refusing(path: Path, data: bytes) -> int:
            if path.parent in folders and "lock" in path.name:
                raise PermissionError(13, "Permission denied")
            return write(path, data)

        monkeypatch.setattr(Path, "write_bytes", refusing)

    @pytest.mark.parametrize(
        "damage", ["[", '"http://a" = 3', '["http://a"]\nsha256 = "1"', "\udcff"]
    )
    def test_is_not_guessed_from_a_damaged_file(
        self, tmp_path: Path, server: LocalServer, damage: str
    ) -> None:
        lock = tmp_path / "downloads.lock"
        lock.write_bytes(damage.encode("utf-8", "surrogateescape"))
        with pytest.raises(FetchError, match=r"downloads\.lock: damaged .*mend or remove it"):
            fetch(recipe(tmp_path, f'{{ url = "{server.url}/model" }}'))
        assert server.requests == []


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in files.items():
            archive.writestr(name, contents)
    return file.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, contents in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
    return file.getvalue()


MEMBERS = {"folder/model.onnx": DATA, "folder/readme": b"read me"}
ARCHIVES = {
    "zip": zipped(MEMBERS),
    "tar": tarred(MEMBERS, "w"),
    "tar.gz": tarred(MEMBERS),
    "tar.xz": tarred(MEMBERS, "w:xz"),
}


class TestMembersOfArchives:
    @pytest.mark.parametrize("kind", ARCHIVES)
    def test_are_taken_out(self, tmp_path: Path, server: LocalServer, kind: str) -> None:
        data = ARCHIVES[kind]
        server.answer = honest(data)
        sha256 = hashlib.sha256(data).hexdigest()
        source = f'{{ url = "{server.url}/a", sha256 = "{sha256}", member = "folder/model.onnx" }}'
        assert fetch(recipe(tmp_path, source)) == DATA

    @pytest.mark.parametrize("kind", ARCHIVES)
    def test_are_named_where_they_lack(self, kind: str) -> None:
        with pytest.raises(FetchError, match=r'no file "model\.onnx"; did you mean "folder/model'):
            archives.member(ARCHIVES[kind], "model.onnx", "a")
        with pytest.raises(FetchError, match=r"it holds folder/model\.onnx, folder/readme"):
            archives.member(ARCHIVES[kind], "zzz", "a")

    @pytest.mark.parametrize("kind", ARCHIVES)
    def test_of_archives_cut_short_are_refused(self, kind: str) -> None:
        short = ARCHIVES[kind][: 515 if kind == "tar" else len(ARCHIVES[kind]) // 2]
        with pytest.raises(FetchError, match="or a damaged one"):
            archives.member(short, "folder/model.onnx", "a")

    @pytest.mark.parametrize("kind", ARCHIVES)
    def test_of_damaged_archives_raise_nothing_else(self, kind: str) -> None:
        whole = ARCHIVES[kind]
        for place in range(0, len(whole), max(1, len(whole) // 60)):
            damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
            with contextlib.suppress(FetchError):
                archives.member(damaged, "folder/model.onnx", "a")

    @pytest.mark.parametrize(
        "data",
        [b"", b"no archive", zipped({}), tarred({})],
        ids=["nothing", "text", "empty zip", "empty tar"],  # a tar's bytes hold the time
    )
    def test_of_no_archive_are_refused(self, data: bytes) -> None:
        with pytest.raises(FetchError, match=r"no \.zip or \.tar archive|it holds nothing"):
            archives.member(data, "model", "a")

    def test_that_unpack_to_too_much_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "MAX_BYTES", 1000)
        for data in (zipped({"a": bytes(1001)}), tarred({"a": bytes(1001)})):
            with pytest.raises(FetchError, match="a is larger than 1 GiB"):
                archives.member(data, "a", "archive")


def test_a_file_that_the_package_lacks() -> None:
    with pytest.raises(FetchError, match=r"holds no file none\.tflite"):
        npm_file("@mediapipe/selfie_segmentation", "0.1.1675465747", "none.tflite")


def test_npm_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module.shutil, "which", lambda _: None)
    with pytest.raises(FetchError, match=r"npm is missing; install Node\.js"):
        npm_file("@mediapipe/selfie_segmentation", "0.0.1", "a")


def test_another_version_is_packed_by_npm(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for npm that packs a folder: what is tested is the way from archive to file."""
    npm = tmp_path / "npm"
    npm.write_text(
        '#!/bin/sh\nmkdir package && printf "$3" > package/file && tar czf made.tgz package\n'
    )
    npm.chmod(0o755)
    monkeypatch.setattr(fetch_module.shutil, "which", lambda _: str(npm))
    first = npm_file("@a/b", "1.2.3", "file")
    assert first.read_text() == "@a/b@1.2.3"
    assert first.is_relative_to(cache)
    npm.unlink()
    assert npm_file("@a/b", "1.2.3", "file") == first


def test_npm_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network down' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(fetch_module.shutil, "which", lambda _: str(npm))
    with pytest.raises(FetchError, match=r"network down\); check the network"):
        npm_file("@a/b", "1.2.3", "file")
