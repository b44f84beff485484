"""Brings a model's source bytes, checked by sha256, and files of npm packages."""

import hashlib
import json
import logging
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from builder import paths
from builder.errors import FetchError
from builder.recipe import NpmSource, PathSource, Recipe

log = logging.getLogger(__name__)

_TIMEOUT_S = 60
_MAX_BYTES = 2 << 30  # onnx itself stops at 2 GiB


def fetch(recipe: Recipe) -> bytes:
    """Bring the bytes that a recipe names.

    Raises:
        FetchError: they cannot be brought, or their sha256 is not the recipe's.
    """
    source = recipe.source
    if isinstance(source, NpmSource):
        data = _read(npm_file(source.npm, source.version, source.file))
        where = source.describe()
    elif isinstance(source, PathSource):
        path = recipe.folder / source.path
        data, where = _read(path), str(path)
    else:
        data, where = _download(source.url, source.sha256), source.url
    found = hashlib.sha256(data).hexdigest()
    if source.sha256 and found != source.sha256:
        raise FetchError(
            f"{where}: sha256 is {found}, the recipe {recipe.name} says {source.sha256}; "
            "bring the right file, or correct the recipe if the new bytes are meant"
        )
    return data


def npm_file(package: str, version: str, file: str) -> Path:
    """Locate a file of an npm package: in node_modules/, else packed into the cache by npm.

    Raises:
        FetchError: npm is missing, or cannot bring that version, or the file is not in it.
    """
    folder = paths.node_modules() / package
    if _installed_version(folder) != version:
        folder = _packed(package, version)
    path = folder / file
    if not path.is_file():
        raise FetchError(f"npm {package}@{version} holds no file {file}; correct the recipe")
    return path


def _installed_version(folder: Path) -> str | None:
    try:
        found = json.loads((folder / "package.json").read_text("utf-8")).get("version")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _packed(package: str, version: str) -> Path:
    """``npm pack`` a package into the cache and unpack it there."""
    target = paths.cache_dir() / "npm" / f"{package.replace('/', '+')}@{version}"
    if target.is_dir():
        return target
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(
            f"npm {package}@{version} is not in {paths.node_modules()} and npm is missing; "
            "install Node.js 20 or newer, then run: npm ci"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        run = subprocess.run(
            [npm, "pack", "--silent", f"{package}@{version}"],
            cwd=scratch, capture_output=True, text=True, check=False,
        )  # fmt: skip
        archives = list(Path(scratch).glob("*.tgz"))
        if run.returncode != 0 or not archives:
            raise FetchError(
                f"npm cannot bring {package}@{version} ({_last_line(run.stderr)}); "
                "check the network and the version"
            )
        with tarfile.open(archives[0]) as archive:
            archive.extractall(scratch, filter="data")
        (Path(scratch) / "package").rename(target)
    return target


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FetchError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def _download(url: str, sha256: str) -> bytes:
    """Bring a URL's bytes; the cache keeps them under their sha256."""
    cached = paths.cache_dir() / "downloads" / sha256
    if cached.is_file():
        return cached.read_bytes()
    log.info("downloading %s", url)
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:
            data: bytes = response.read(_MAX_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise FetchError(f"{url}: cannot be downloaded ({reason}); check the network") from error
    if len(data) > _MAX_BYTES:
        raise FetchError(f"{url}: larger than 2 GiB, which no ONNX model may be; check the address")
    if hashlib.sha256(data).hexdigest() == sha256:
        cached.parent.mkdir(parents=True, exist_ok=True)
        scratch = cached.with_name(f"{sha256}.{os.getpid()}")
        scratch.write_bytes(data)
        scratch.replace(cached)
    return data
