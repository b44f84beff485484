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
from typing import Any

from builder.errors import BrowserError

log = logging.getLogger(__name__)

VARIABLE = "LIVEMATTE_CHROMIUM"
COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VERSION_TIMEOUT_S = 20

# For WebGPU without a window: on the GPU that there is …
_REAL_GPU = ("--enable-unsafe-webgpu", "--enable-features=Vulkan", "--ignore-gpu-blocklist")
# … and on the processor: correct, but slow. The frames that it imports need Vulkan all through.
SOFTWARE_GPU = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
    "--use-angle=swiftshader",
    "--ignore-gpu-blocklist",
)
# A page's own word on its GPU; null for none, and for one that is a program.
_GPU_NAME = """
async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter || adapter.info.isFallbackAdapter) return null;
  const { vendor, architecture, device, description } = adapter.info;
  const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
  return /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(name) ? null : name || 'GPU';
}
"""

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


def launch_with_gpu(chromium: Any, executable: Path, url: str) -> tuple[Any, str]:
    """Launch a headless Chromium that has WebGPU, on the processor where there is no GPU.

    Args:
        chromium: Playwright's.
        executable: the browser.
        url: a page of a secure context, for only there is WebGPU.

    Returns:
        The browser, which is the caller's to close, and what computes.
    """
    browser = chromium.launch(executable_path=executable, args=[*launch_args(), *_REAL_GPU])
    try:
        page = browser.new_page()
        page.goto(url)
        name = page.evaluate(_GPU_NAME)
        page.close()
    except BaseException:
        browser.close()
        raise
    if name:
        return browser, str(name)
    browser.close()
    log.info("Chromium finds no GPU here; WebGPU runs on the processor")
    args = [*launch_args(), *SOFTWARE_GPU]
    return chromium.launch(executable_path=executable, args=args), "the processor"


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
