"""Sets up everything that Livematte needs, and nothing twice.

    python3 scripts/setup.py              Python packages and npm packages
    python3 scripts/setup.py --chromium   and a Chromium, and fonts, for the browser tests

Each step leaves a stamp when it has finished: a hash over what it depends on. A step whose stamp is
right is not run again; one that was interrupted has no stamp and is run from its beginning.

This file is read by whichever Python there is, so it keeps to what old ones understand.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
NODE_MODULES = ROOT / "node_modules"
STAMP = ".livematte-setup"

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
# Arial's measures, and Chinese: without them the page's texts are wider, or boxes.
FONTS = ("fonts-liberation", "fonts-noto-cjk")
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")

NO_NETWORK = re.compile(
    "ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|name resolution"
    "|NewConnectionError|ConnectTimeoutError|NameResolutionError|Network is unreachable"
    "|Could not resolve|Failed to fetch|Temporary failure resolving"
)


class SetupError(Exception):
    """What is wrong and how to mend it, in one line."""


def main(arguments):
    """Runs the steps; returns the exit status."""
    unknown = set(arguments) - {"--chromium"}
    if unknown:
        say("unknown argument " + ", ".join(sorted(unknown)) + "; the only one is --chromium")
        return 2
    try:
        use_new_enough_python()
        set_up_python()
        set_up_npm()
        if "--chromium" in arguments:
            set_up_chromium()
            set_up_fonts()
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped; the next run takes it up again")
        return 130
    return 0


def use_new_enough_python():
    """Starts this script again with a newer Python when its own is too old."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in NEWER_PYTHONS:
        newer = shutil.which(name)
        if newer and answer([newer, "-c", "pass"]) is not None:
            os.execv(newer, [newer, str(Path(__file__).resolve()), *sys.argv[1:]])
    raise SetupError(
        f"Python 3.11 or newer is needed, {sys.executable} is {platform.python_version()};"
        " install one, or name one: make PYTHON=…"
    )


def set_up_python():
    """The virtual environment ``.venv`` with the pinned packages and the command ``livematte``."""
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    # The environment holds absolute paths: one that was moved or copied is made anew.
    stamp = stamp_of(files, platform.python_version(), str(ROOT))
    if has_stamp(VENV, stamp) and VENV_PYTHON.exists():
        return
    with Step("Python packages into .venv (a minute or two the first time)"):
        remove_stamp(VENV)
        if not is_usable_venv():
            failed = "the virtual environment cannot be made (Debian: apt-get install python3-venv)"
            run([sys.executable, "-m", "venv", "--clear", str(VENV)], failed)
        pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        pip += ["--retries", "2", "--constraint", "constraints.txt"]
        failed = "pip could not install the Python packages"
        run([*pip, "hatchling", "editables"], failed)
        run([*pip, "--no-build-isolation", "--editable", ".[dev]"], failed)
        write_stamp(VENV, stamp)


def is_usable_venv():
    """Whether ``.venv`` is whole: of this very Python, with pip, and where it was made."""
    version = answer([str(VENV_PYTHON), "-c", "import platform; print(platform.python_version())"])
    # pip's own script starts with the absolute path of the environment it was made for.
    pip = answer([str(VENV_PYTHON.with_name("pip")), "--version"]) or ""
    return version == platform.python_version() and str(VENV) in pip


def set_up_npm():
    """The pinned npm packages in ``node_modules``."""
    stamp = stamp_of([ROOT / "package.json", ROOT / "package-lock.json"], platform.machine())
    if has_stamp(NODE_MODULES, stamp):
        return
    npm = find_npm()
    with Step("npm packages into node_modules"):
        remove_stamp(NODE_MODULES)
        # No scripts: nothing that is used here needs one, and none should run unseen.
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        # npm would wait for minutes where there is no network.
        patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        run([*command, *patience], "npm could not install the packages")
        write_stamp(NODE_MODULES, stamp)


def find_npm():
    """The npm to use; it and Node must be there, and new enough."""
    mend = f"; install Node.js {OLDEST_NODE} or newer (https://nodejs.org) and run this again"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SetupError(f"{'Node.js' if node is None else 'npm'} is missing{mend}")
    version = answer([node, "--version"]) or "unknown"
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major.group(1)) < OLDEST_NODE:
        raise SetupError(f"Node.js {version} is too old{mend}")
    return npm


def set_up_chromium():
    """A Chromium for the browser tests: one that is there, else the system's package."""
    sys.path.insert(0, str(ROOT))
    from builder.chromium import VARIABLE, find_chromium
    from builder.errors import BrowserError

    try:
        find_chromium()
        return
    except BrowserError as error:
        prefix = None if os.environ.get(VARIABLE) else apt_prefix()
        if prefix is None:
            raise SetupError(str(error)) from None
    apt_install(prefix, "Chromium", ["chromium"])
    try:
        find_chromium()
    except BrowserError as error:
        raise SetupError(str(error)) from None


def set_up_fonts():
    """The fonts that the page's golden pictures are drawn with, where packages tell of them."""
    listed = answer(["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\\n"])
    if listed is None:
        return
    lines = listed.splitlines()
    missing = [font for font in FONTS if "installed " + font not in lines]
    if not missing:
        return
    prefix = apt_prefix()
    if prefix is None:
        say("the page's golden pictures want " + " and ".join(missing) + "; install them")
        return
    apt_install(prefix, "fonts", missing)


def apt_install(prefix, title, packages):
    """Installs Debian's ``packages``."""
    with Step(title + " by apt-get"):
        run([*prefix, "apt-get", "update", "--quiet"], "apt-get update failed")
        install = ["install", "--yes", "--quiet", "--no-install-recommends", *packages]
        run([*prefix, "apt-get", *install], "apt-get could not install " + " and ".join(packages))


def apt_prefix():
    """What to put before ``apt-get`` so that it may install; None where it may not."""
    if shutil.which("apt-get") is None:
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return quiet
    if shutil.which("sudo") and answer(["sudo", "-n", "true"]) is not None:
        return ["sudo", "-n", *quiet]
    return None


class Step:
    """Tells what is being done, and how long it took."""

    def __init__(self, title):
        """``title`` finishes the line "setup: …"."""
        self.title = title

    def __enter__(self):
        """Announces the step."""
        say(self.title)
        self.started = time.monotonic()
        return self

    def __exit__(self, kind, error, trace):
        """Tells the time that a finished step took."""
        if kind is None:
            say(f"done in {time.monotonic() - self.started:.0f} s")


def say(line):
    """One line to the person in front of the screen."""
    sys.stderr.write("setup: " + line + "\n")
    sys.stderr.flush()


def answer(command):
    """What ``command`` prints, without the white space around it; None when it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=str(ROOT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def run(command, failed):
    """Runs ``command`` quietly; a failure shows its output's ends and raises ``failed``."""
    done = subprocess.run(
        command,
        cwd=str(ROOT),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode == 0:
        return
    output = done.stdout.decode(errors="replace")
    if NO_NETWORK.search(output):
        raise SetupError(
            failed + ": the network cannot be reached; connect (or set a proxy) and run this again"
        )
    lines = output.strip().splitlines()
    if len(lines) > 20:  # pip tells the fault last, npm first
        lines[8:-8] = ["…"]
    sys.stderr.write("".join(f"    {line}\n" for line in lines))
    raise SetupError(failed + "; what it said is above")


def stamp_of(files, *facts):
    """A hash over the contents of ``files`` and over ``facts``."""
    digest = hashlib.sha256(repr(facts).encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def has_stamp(folder, stamp):
    """Whether the step that fills ``folder`` has finished with this very ``stamp``."""
    try:
        return (folder / STAMP).read_text() == stamp
    except OSError:
        return False


def remove_stamp(folder):
    """From here on ``folder`` counts as unfinished."""
    if (folder / STAMP).exists():
        (folder / STAMP).unlink()


def write_stamp(folder, stamp):
    """``folder`` is finished."""
    (folder / STAMP).write_text(stamp)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
