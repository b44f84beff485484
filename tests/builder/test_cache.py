"""The cache is filled whole or not at all: an error, Ctrl-C, a full disk, no place to write."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner
from contract_models import matting

from builder import paths
from builder.cache import filling
from builder.cli import main
from builder.errors import CacheError

RECIPE = """
name = "tiny"
licence = "MIT"
format = "onnx"
title = { en = "Tiny", zh = "小" }
source = { path = "tiny.onnx" }
input = { width = 24, height = 16, layout = "NCHW" }
output = { kind = "alpha" }
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    onnx.save(matting(16, 24), tmp_path / "tiny.onnx")
    (tmp_path / "tiny.toml").write_text(RECIPE, "utf-8")
    return tmp_path / "tiny.toml"


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_whole(tmp_path: Path) -> None:
    with filling(tmp_path / "deep" / "entry") as new:
        (new / "a").write_text("x")
    assert files(tmp_path) == ["deep", "deep/entry", "deep/entry/a"]


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_or_not_at_all(tmp_path: Path, fault: type[BaseException]) -> None:
    def interrupted() -> None:
        with filling(tmp_path / "entry") as new:
            (new / "a").write_text("x")
            raise fault

    with pytest.raises(fault):
        interrupted()
    assert files(tmp_path) == []


def test_somebody_else_was_faster(tmp_path: Path) -> None:
    with filling(tmp_path / "entry") as new:
        (new / "a").write_text("late")
        (tmp_path / "entry").mkdir()
        (tmp_path / "entry" / "a").write_text("early")
    assert (tmp_path / "entry" / "a").read_text() == "early"
    assert files(tmp_path) == ["entry", "entry/a"]


def test_a_full_disk_is_one_line(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEMATTE_CACHE", str(tmp_path / "cache"))
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if "cache" in path.parts:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    done = CliRunner().invoke(main, ["convert", str(recipe), "-o", str(tmp_path / "o.onnx")])
    assert done.exit_code == 1
    last = done.stderr.splitlines()[-1]
    assert "No space left on device" in last
    assert "LIVEMATTE_CACHE" in last
    monkeypatch.undo()
    assert files(tmp_path / "cache") == ["models"]
    assert not (tmp_path / "o.onnx").exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file where the folder should be: root may write into a read-only folder."""
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(CacheError, match="cannot be written"), filling(tmp_path / "cache" / "x"):
        pass


def test_ctrl_c_leaves_nothing_half_written(recipe: Path, tmp_path: Path) -> None:
    """A real process, interrupted while it fills the cache; the next run goes through."""
    place = tmp_path / "cache"
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from builder import cache\n"
        "write = Path.write_bytes\n"
        "def slow(path, data):\n"
        "    done = write(path, data)\n"
        "    if '.new-' in str(path):\n"
        "        print('half', flush=True)\n"
        "        time.sleep(60)\n"
        "    return done\n"
        "Path.write_bytes = slow\n"
        "from builder.cli import main\n"
        f"main(['convert', {str(recipe)!r}, '-o', {str(tmp_path / 'o.onnx')!r}])\n"
    )
    environment = {**os.environ, "LIVEMATTE_CACHE": str(place)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=paths.DATA_DIR, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip
    with process:
        assert process.stdout
        assert process.stdout.readline() == "half\n"
        assert [p for p in files(place) if ".new-" in p]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) != 0
    assert files(place) == ["models"]
    assert not (tmp_path / "o.onnx").exists()
    done = CliRunner(env={"LIVEMATTE_CACHE": str(place)}).invoke(
        main, ["convert", str(recipe), "-o", str(tmp_path / "o.onnx")]
    )
    assert done.exit_code == 0, done.output
    (entry,) = (place / "models").iterdir()
    assert json.loads((entry / "model.json").read_text())["variants"]
