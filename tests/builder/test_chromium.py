"""Which Chromium is driven: named, then the system's, then Playwright's."""

import os
import sys
from pathlib import Path

import pytest

from builder.chromium import find_chromium, launch_args
from builder.errors import BrowserError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser; returns the only folder on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("LIVEMATTE_CHROMIUM", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr("builder.chromium._MAC", ())
    return folder


def put(path: Path, script: str = "echo Chromium 1.2.3") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_named_one_comes_first(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bare / "chromium")
    mine = put(tmp_path / "my chromium")
    monkeypatch.setenv("LIVEMATTE_CHROMIUM", str(mine))
    assert find_chromium() == mine


def test_the_named_one_may_be_a_command(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = put(bare / "my-chromium")
    monkeypatch.setenv("LIVEMATTE_CHROMIUM", "my-chromium")
    assert find_chromium() == mine


@pytest.mark.parametrize("script", [None, "exit 1"])
def test_a_named_one_that_does_not_run_is_an_error(
    script: str | None, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bare / "chromium")  # not taken instead: it was not asked for
    if script:
        put(tmp_path / "mine", script)
    monkeypatch.setenv("LIVEMATTE_CHROMIUM", str(tmp_path / "mine"))
    with pytest.raises(BrowserError, match="mine does not run; name a Chromium's executable"):
        find_chromium()


def test_the_system_comes_before_playwright(bare: Path, tmp_path: Path) -> None:
    put(tmp_path / "playwright" / "chromium-1200" / "chrome-linux" / "chrome")
    chrome = put(bare / "google-chrome")
    assert find_chromium() == chrome
    chromium = put(bare / "chromium")
    assert find_chromium() == chromium


def test_a_system_one_that_does_not_run_is_passed_over(bare: Path, tmp_path: Path) -> None:
    put(bare / "chromium-browser", "echo this needs snap >&2; exit 10")
    own = put(tmp_path / "playwright" / "chromium-1200" / "chrome-linux64" / "chrome")
    assert find_chromium() == own


def test_none_at_all_is_one_line_that_helps(bare: Path) -> None:
    with pytest.raises(BrowserError, match="no Chromium found; install one") as caught:
        find_chromium()
    assert "\n" not in str(caught.value)
    assert "LIVEMATTE_CHROMIUM" in str(caught.value)


@pytest.mark.parametrize(("user", "expected"), [(0, ["--no-sandbox"]), (1000, [])])
def test_only_root_goes_without_the_sandbox(
    user: int, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert launch_args() == expected
