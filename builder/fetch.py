"""Brings a model's source bytes, checked by sha256, and files of npm packages."""

import hashlib
import json
import logging
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from builder import archives, download_lock, paths
from builder.download import Wanted, download
from builder.errors import FetchError
from builder.importers.paddle_files import is_program, pack
from builder.progress import byte_bar
from builder.recipe import NpmSource, Recipe, UrlSource

log = logging.getLogger(__name__)


def fetch(recipe: Recipe) -> bytes:
    """Bring the bytes that a recipe names.

    Raises:
        FetchError: they cannot be brought, or their sha256 is not the recipe's.
    """
    source = recipe.source
    if isinstance(source, UrlSource):
        data = _downloaded(recipe, source)
        return archives.member(data, source.member, source.url) if source.member else data
    if isinstance(source, NpmSource):
        data = _read(npm_file(source.npm, source.version, source.file))
        where = source.describe()
    else:
        path = recipe.folder / source.path
        data, where = (_packed_paddle if is_program(path) else _read)(path), str(path)
    found = hashlib.sha256(data).hexdigest()
    if source.sha256 and found != source.sha256:
        raise FetchError(
            f"{where}: sha256 is {found}, the recipe {recipe.name} says {source.sha256}; "
            "bring the right file, or correct the recipe if the new bytes are meant"
        )
    return data


def _downloaded(recipe: Recipe, source: UrlSource) -> bytes:
    """Bring a URL's bytes; the cache keeps them under their sha256.

    Without a published sha256, the first download's is pinned in the lock file.
    """
    folder = paths.cache_dir() / "downloads"
    sha256, said_by = source.sha256, f"the recipe {recipe.name}"
    if sha256 is None and (entry := download_lock.pinned(recipe.folder, source.url)):
        sha256, said_by = entry[0], str(entry[1])
    cached = folder / sha256 if sha256 else None
    if cached and cached.is_file():
        data = _read(cached)
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        log.warning("%s: damaged, downloaded again", cached)
    log.info("downloading %s", source.url)
    target = cached or folder / f"url-{hashlib.sha256(source.url.encode()).hexdigest()[:16]}"
    with byte_bar.get()(f"downloading {recipe.name}") as advance:
        found = download(Wanted(source.url, sha256, source.size, said_by), target, advance)
    data = _read(target)
    if sha256 is None:
        lock = download_lock.pin(recipe.folder, source.url, found, len(data))
        log.warning("%s: has no published sha256; %s is pinned in %s", recipe.name, found, lock)
        target.replace(folder / found)
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


def _packed_paddle(path: Path) -> bytes:
    """Pack a Paddle program with its parameters; the sha256 is that of the pack."""
    try:
        return pack(path)
    except OSError as error:
        raise FetchError(
            f"{error.filename}: cannot be read ({error.strerror}); a Paddle model is two files"
            " of one name"
        ) from error


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FetchError(f"{path}: cannot be read ({error.strerror}); check the path") from error
