"""Watching: what counts as a change, and that the threads end."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_site import write

from builder.watch import is_litter, watch


class Watched:
    """Starts a watch and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.stop = threading.Event()
        self.threads: list[threading.Thread] = []

    def start(self, *paths: Path, probe: Path) -> None:
        """Watch, and wait until changes of ``probe`` are noticed: the system needs a moment."""
        self.threads = watch(paths, self._called, self.stop)
        for _ in range(50):
            probe.write_text(str(time.monotonic()))
            if self.is_called(0.2):
                break
        seen = 0
        while seen != self.calls:
            seen = self.calls
            time.sleep(0.3)
        self.calls = 0

    def _called(self) -> None:
        self.calls += 1

    def is_called(self, seconds: float = 10) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.calls:
            time.sleep(0.02)
        return self.calls > 0


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    watched.stop.set()
    for thread in watched.threads:
        thread.join(5)


def save_anew(path: Path) -> None:
    """Save as many editors do: a new file takes the old one's place."""
    path.with_suffix(".tmp").write_text("new")
    path.with_suffix(".tmp").replace(path)


CHANGES: list[Callable[[Path], object]] = [
    lambda root: (root / "page" / "app.js").write_text("2"),
    lambda root: (root / "page" / "new.js").write_text("2"),
    lambda root: (root / "page" / "app.js").unlink(),
    lambda root: write(root, {"new/folder/a.js": "2"}),
    lambda root: save_anew(root / "page" / "app.js"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_in_a_folder(
    tmp_path: Path, watched: Watched, change: Callable[[Path], object]
) -> None:
    write(tmp_path, {"page/app.js": "1"})
    watched.start(tmp_path, probe=tmp_path / "probe.js")
    change(tmp_path)
    assert watched.is_called()


def test_changes_of_a_file(tmp_path: Path, watched: Watched) -> None:
    write(tmp_path, {"recipe.toml": "1", "deep/other.toml": "1"})
    watched.start(tmp_path / "recipe.toml", probe=tmp_path / "recipe.toml")
    write(tmp_path, {"neighbour.toml": "2", "deep/other.toml": "2"})
    assert not watched.is_called(0.5)
    save_anew(tmp_path / "recipe.toml")
    assert watched.is_called()


def test_litter_is_no_change(tmp_path: Path, watched: Watched) -> None:
    watched.start(tmp_path, probe=tmp_path / "probe.js")
    write(tmp_path, {".app.js.swp": "", "app.js~": "", "4913": "", "__pycache__/a.pyc": ""})
    assert not watched.is_called(0.5)
    assert not is_litter(Path("a/.venv/web_template/page/app.js"))


def test_saves_that_follow_each_other_are_one_change(tmp_path: Path, watched: Watched) -> None:
    watched.start(tmp_path, probe=tmp_path / "probe.js")
    for number in range(20):
        write(tmp_path, {f"{number}.js": "1"})
        time.sleep(0.01)
    assert watched.is_called()
    time.sleep(0.3)
    assert watched.calls <= 5  # one, unless the machine is busy


def test_a_files_folder_is_not_searched(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recipe may lie in a home directory."""
    seen: dict[Path, bool] = {}

    def record(*roots: Path, recursive: bool, **_: object) -> list[object]:
        seen.update(dict.fromkeys(roots, recursive))
        return []

    monkeypatch.setattr("watchfiles.watch", record)
    write(tmp_path, {"home/recipe.toml": "1", "template/page/app.js": "1"})
    paths = [tmp_path / "home" / "recipe.toml", tmp_path / "template"]
    for thread in watch(paths, lambda: None, threading.Event()):
        thread.join(5)
    assert seen == {tmp_path / "home": False, tmp_path / "template": True}


def test_paths_that_are_not_there(tmp_path: Path) -> None:
    assert watch([tmp_path / "missing"], lambda: None, threading.Event()) == []


@pytest.mark.alone
def test_threads_end(tmp_path: Path, watched: Watched) -> None:
    write(tmp_path, {"a.toml": "1"})
    watched.start(tmp_path, tmp_path / "a.toml", probe=tmp_path / "probe.js")
    assert [thread.daemon for thread in watched.threads] == [True, True]
    start = time.monotonic()
    watched.stop.set()
    for thread in watched.threads:
        thread.join(5)
    assert time.monotonic() - start < 2


def test_a_system_that_cannot_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr("watchfiles.watch", fail)
    for thread in watch([tmp_path], lambda: None, threading.Event()):
        thread.join(5)
    assert "changes are not noticed" in caplog.text
