"""A build that fails, at whatever point, leaves the old site as it was."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tiny_site import make_plan, snapshot, write

from builder import swap
from builder.errors import SiteError
from builder.site import is_site, render_site

OLD = {"manifest.json": '{"livematte": "0"}', "index.html": "old", "engine-x/a.js": "old"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write(tmp_path / "here" / "site", OLD)
    return tmp_path / "here" / "site"


def is_untouched(site: Path) -> bool:
    """The old site is byte-identical and nothing else lies beside it."""
    same = snapshot(site) == {name: text.encode() for name, text in OLD.items()}
    return same and [path.name for path in site.parent.iterdir()] == ["site"]


def replace(site: Path) -> None:
    with swap.replacing(site) as new:
        write(new, {"manifest.json": '{"livematte": "1"}', "index.html": "new"})


def is_replaced(site: Path) -> bool:
    new = snapshot(site) == {"manifest.json": b'{"livematte": "1"}', "index.html": b"new"}
    return new and [path.name for path in site.parent.iterdir()] == ["site"]


def no_exchange(*_: Any) -> bool:
    return False


# Both ways of swapping: in one step, and with two renames where a system has no such step.
both_ways = pytest.mark.parametrize("exchange", [swap._exchange, no_exchange])


@both_ways
def test_replaces_an_older_site(site: Path, exchange: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "_exchange", exchange)
    assert is_untouched(site)
    replace(site)
    assert is_replaced(site)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges folders in one step")
def test_exchange_is_one_step_here(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "_rename_twice", None)
    replace(site)
    assert is_replaced(site)


@pytest.mark.parametrize("start", ["missing", "empty", "missing parents"])
def test_new_sites(tmp_path: Path, start: str) -> None:
    site = tmp_path / "here" / "site"
    if start == "empty":
        site.mkdir(parents=True)
    elif start == "missing":
        site.parent.mkdir()
    replace(site)
    assert is_replaced(site)


def test_new_site_has_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    replace(tmp_path / "site")
    assert (tmp_path / "site").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("manifest", [None, "{}", "[]", "no json", '{"name": "another app"}'])
def test_refuses_what_is_no_site(tmp_path: Path, manifest: str | None) -> None:
    folder = tmp_path / "documents"
    write(folder, {"thesis.txt": "ten years"})
    if manifest is not None:
        write(folder, {"manifest.json": manifest})
    before = snapshot(folder)
    with pytest.raises(SiteError, match="holds files but no Livematte site") as caught:
        replace(folder)
    assert "\n" not in str(caught.value)
    assert snapshot(folder) == before
    assert not is_site(folder)


def test_refuses_a_file_and_a_dangling_link(tmp_path: Path) -> None:
    write(tmp_path, {"file": "x"})
    (tmp_path / "link").symlink_to(tmp_path / "link")
    for name in ("file", "link"):
        with pytest.raises(SiteError, match="is no folder"):
            replace(tmp_path / name)


def test_a_linked_site_is_replaced_where_it_lies(site: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(site)
    replace(link)
    assert link.is_symlink()
    assert is_replaced(site)


def fail_while_writing(site: Path, error: BaseException) -> None:
    with swap.replacing(site) as new:
        write(new, {"half": "written"})
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_while_writing(site: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        fail_while_writing(site, error())
    assert is_untouched(site)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "no space is left for .*site; free some"),
        (errno.EROFS, "cannot write .*site: Read-only file system"),
        (errno.EACCES, "cannot write .*site: Permission denied"),
    ],
)
def test_disk_errors_are_one_line(site: Path, code: int, message: str) -> None:
    with pytest.raises(SiteError, match=message) as caught:
        fail_while_writing(site, OSError(code, os.strerror(code), "a file"))
    assert "\n" not in str(caught.value)
    assert is_untouched(site)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    write(tmp_path, {"file": "x"})
    with pytest.raises(SiteError, match=r"cannot write .*file/site: "):
        replace(tmp_path / "file" / "site")


@pytest.mark.parametrize("failing", [1, 2])
def test_a_rename_that_fails(site: Path, failing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two renames either may fail; the old site is put back."""
    rename, calls = Path.rename, []

    def fragile(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == failing:
            raise OSError(errno.EBUSY, "Device or resource busy", str(self))
        return rename(self, target)

    monkeypatch.setattr(swap, "_exchange", no_exchange)
    monkeypatch.setattr(Path, "rename", fragile)
    with pytest.raises(SiteError, match="busy"):
        replace(site)
    assert len(calls) == {1: 1, 2: 3}[failing]
    assert is_untouched(site)


def test_an_exchange_that_fails(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> bool:
        raise OSError(errno.EBUSY, "Device or resource busy", str(site))

    monkeypatch.setattr(swap, "_exchange", broken)
    with pytest.raises(SiteError, match="busy"):
        replace(site)
    assert is_untouched(site)


def test_a_real_exchange_that_fails(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    if sys.platform == "linux":
        with pytest.raises(FileNotFoundError):
            swap._exchange(tmp_path / "a", tmp_path / "missing")


KILLED_WHILE_WRITING = """\
import os, signal, sys
from pathlib import Path
from builder import swap
with swap.replacing(Path(sys.argv[1])) as new:
    (new / "half").write_text("written")
    os.kill(os.getpid(), signal.SIGKILL)
"""

KILLED_BETWEEN_RENAMES = """\
import os, signal, sys
from pathlib import Path
from builder import swap
swap._exchange = lambda *_: False
rename = Path.rename
def fatal(self, target):
    rename(self, target)
    os.kill(os.getpid(), signal.SIGKILL)
Path.rename = fatal
with swap.replacing(Path(sys.argv[1])) as new:
    (new / "index.html").write_text("new")
"""


def test_a_build_killed_while_writing(site: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, site], check=False)
    names = sorted(path.name for path in site.parent.iterdir())
    assert len(names) == 2, "the test itself: something must be left behind"
    assert snapshot(site) == {name: text.encode() for name, text in OLD.items()}
    replace(site)
    assert is_replaced(site)


def test_a_build_killed_between_two_renames(site: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED_BETWEEN_RENAMES, site], check=False)
    assert not site.exists(), "the test itself: the site must be gone"
    with pytest.raises(RuntimeError), swap.replacing(site):
        raise RuntimeError  # the next build fails too, and still brings the old site back
    assert is_untouched(site)


def test_a_running_build_keeps_its_folder(site: Path) -> None:
    """Two builds at once: the one that ends last wins, neither disturbs the other."""
    with swap.replacing(site) as slow:
        write(slow, {"manifest.json": '{"livematte": "1"}', "index.html": "new"})
        write(site.parent / ".site-00000000-site", {"of": "a killed build"})
        write(site.parent / ".site-00000000-another", {"of": "another site"})
        with swap.replacing(site) as quick:
            write(quick, {"manifest.json": '{"livematte": "2"}', "index.html": "quick"})
        assert (site / "index.html").read_text() == "quick"
        assert not (site.parent / ".site-00000000-site").exists()
    assert (site.parent / ".site-00000000-another").is_dir()
    shutil.rmtree(site.parent / ".site-00000000-another")
    assert is_replaced(site)


def test_a_folder_taken_before_it_was_locked_is_given_up(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = swap._lock
    tries = iter(["taken", "removed", "mine"])

    def lock(descriptor: int) -> bool:
        outcome = next(tries)
        if outcome == "removed":
            for path in site.parent.glob(".site-*"):
                path.rmdir()
        return outcome != "taken" and locked(descriptor)

    monkeypatch.setattr(swap, "_lock", lock)
    with swap.replacing(site) as new:
        write(new, {"manifest.json": '{"livematte": "1"}', "index.html": "new"})
    assert next(tries, None) is None
    assert snapshot(site)["index.html"] == b"new"


def test_lock_is_exclusive(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path, os.O_RDONLY) for _ in range(2))
    assert swap._lock(first)
    assert not swap._lock(second)
    fcntl.flock(first, fcntl.LOCK_UN)
    assert swap._lock(second)
    os.close(first)
    os.close(second)


def test_the_site_is_never_missing(site: Path) -> None:
    """A reader that looks all the time sees the old site or the new one."""
    if sys.platform != "linux":
        pytest.skip("only Linux exchanges folders in one step")
    stop, gaps, looks = threading.Event(), [], []

    def look() -> None:
        while not stop.is_set():
            looks.append(1)
            try:
                (site / "index.html").read_bytes()
            except FileNotFoundError as error:
                gaps.append(error)

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(50):
        replace(site)
    stop.set()
    reader.join()
    assert looks
    assert not gaps


def test_a_site_whose_template_breaks_stays(site: Path, tmp_path: Path) -> None:
    plan = make_plan(tmp_path / "source")
    write(plan.template_dir, {"templates/index.html.j2": "{{ lost }}"})
    with pytest.raises(SiteError, match="'lost' is undefined"):
        render_site(plan, site, cache_dir=tmp_path / "cache")
    assert is_untouched(site)


def test_a_folder_that_is_no_site_is_refused_before_any_work(tmp_path: Path) -> None:
    write(tmp_path / "documents", {"thesis.txt": "ten years"})
    with pytest.raises(SiteError, match="holds files but no Livematte site"):
        render_site(make_plan(tmp_path / "s"), tmp_path / "documents", cache_dir=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_write_that_fails_leaves_the_site(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, write_bytes = make_plan(tmp_path / "source"), Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if ".site-" in str(self) and self.name == "matte.js":
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write_bytes(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SiteError, match="no space is left"):
        render_site(plan, site, cache_dir=tmp_path / "cache")
    assert is_untouched(site)
