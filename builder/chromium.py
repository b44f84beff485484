"""Finds the Chromium that the browser tests drive.

In this order: the one that ``LIVEMATTE_CHROMIUM`` names, one that the system has, one that
Playwright has downloaded. Nothing is installed here; ``scripts/setup.py`` does that where it is
allowed, and it reads this module before any package is there, so only the standard library is
imported.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from builder.errors import BrowserError

log = logging.getLogger(__name__)

VARIABLE = "LIVEMATTE_CHROMIUM"
COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VERSION_TIMEOUT_S = 20

_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_WINDOWS = (
    r"Chromium\Application\chrome.exe",
    r"Google\Chrome\Application\chrome.exe",
)
_PLAYWRIGHT = (
    "chromium-*/chrome-*/chrome",
    "chromium-*/chrome-*/chrome.exe",
    "chromium-*/chrome-*/*.app/Contents/MacOS/*",
)


def find_chromium() -> Path:
    """The Chromium to drive.

    Raises `BrowserError` when ``LIVEMATTE_CHROMIUM`` names something that does not run, or when
    there is no Chromium at all.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None or not _runs(Path(found)):
            raise BrowserError(f"{VARIABLE}={named} does not run; name a Chromium's executable")
        return Path(found)
    for path in (*_system(), *_playwright()):
        if _runs(path):
            return path
        log.info("%s is there but does not run", path)
    raise BrowserError(
        "no Chromium found; install one (apt-get install chromium, or a desktop Chrome), run"
        f" `.venv/bin/playwright install chromium`, or name one in {VARIABLE}"
    )


def launch_args() -> list[str]:
    """Command-line arguments that Chromium needs wherever it is driven from here."""
    # Chromium's sandbox refuses to work for root, as whom containers usually run.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox"] if is_root else []


def _system() -> Iterator[Path]:
    """Chromium and Chrome in their usual places."""
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            yield Path(found)
    if sys.platform == "darwin":
        for place in _MAC:
            yield from _existing(Path(place), Path.home() / place[1:])
    elif sys.platform == "win32":
        roots = [
            os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        ]
        for root in filter(None, roots):
            yield from _existing(*(Path(root, place) for place in _WINDOWS))


def _playwright() -> Iterator[Path]:
    """The browsers that ``playwright install chromium`` has downloaded, the newest first."""
    for pattern in _PLAYWRIGHT:
        yield from sorted(_playwright_folder().glob(pattern), reverse=True)


def _playwright_folder() -> Path:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if chosen and chosen != "0":
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/ms-playwright"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local"), "ms-playwright")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def _existing(*paths: Path) -> Iterator[Path]:
    return (path for path in paths if path.is_file())


def _runs(path: Path) -> bool:
    """Whether ``path`` is a browser that starts.

    Ubuntu's ``chromium-browser`` is a script that fails where snap is missing, so that a file
    being there is not enough.
    """
    if sys.platform == "win32":
        return path.is_file()  # chrome.exe --version opens a window instead of answering
    try:
        answer = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() != b""
