"""Source bytes: from npm packages, from files, from a server; never the wrong ones."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder import fetch as fetch_module
from builder.errors import FetchError
from builder.fetch import fetch, npm_file
from builder.recipe import Recipe, load_recipe

DATA = b"model bytes"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVEMATTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class _Handler(http.server.BaseHTTPRequestHandler):
    hits: int = 0

    def do_GET(self) -> None:
        type(self).hits += 1
        self.send_response(200 if self.path == "/model" else 404)
        self.end_headers()
        self.wfile.write(DATA)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[str]:
    _Handler.hits = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


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


def test_a_download_happens_once(tmp_path: Path, server: str) -> None:
    wanted = recipe(tmp_path, f'{{ url = "{server}/model", sha256 = "{SHA}" }}')
    assert [fetch(wanted), fetch(wanted)] == [DATA, DATA]
    assert _Handler.hits == 1


def test_a_download_of_wrong_bytes_is_not_kept(tmp_path: Path, server: str, cache: Path) -> None:
    wanted = recipe(tmp_path, f'{{ url = "{server}/model", sha256 = "{"0" * 64}" }}')
    with pytest.raises(FetchError, match="sha256 is"):
        fetch(wanted)
    assert not [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["/none", ""])
def test_a_server_that_refuses_is_named(tmp_path: Path, server: str, path: str) -> None:
    wanted = recipe(tmp_path, f'{{ url = "{server}{path}", sha256 = "{SHA}" }}')
    with pytest.raises(FetchError, match="cannot be downloaded"):
        fetch(wanted)


def test_nobody_listens(tmp_path: Path) -> None:
    wanted = recipe(tmp_path, f'{{ url = "http://127.0.0.1:9/model", sha256 = "{SHA}" }}')
    with pytest.raises(FetchError, match="check the network"):
        fetch(wanted)


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
