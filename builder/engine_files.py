"""The browser side's own files, under one name that changes when any of them does."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from builder.errors import SiteError

# templates/ are rendered and locales/ inlined; everything else that a browser loads is here.
ENGINE_FOLDERS = ("page", "worker", "shared", "styles", "assets")
_ENTRY = "page/matte.js"


def engine_files(template_dir: Path, overlay: Path | None = None) -> dict[str, bytes]:
    """Read the engine: content by path below ``template_dir``, sorted.

    What editors and file managers leave behind is not part of it. A file of ``overlay`` takes the
    place of the one of its name.

    Raises:
        SiteError: there is no engine in this folder.
    """
    found = {
        path.relative_to(template_dir).as_posix(): path
        for folder in ENGINE_FOLDERS
        for path in (template_dir / folder).rglob("*")
        if path.is_file() and not is_litter(path.relative_to(template_dir))
    }
    if _ENTRY not in found:
        raise SiteError(
            f"{template_dir / _ENTRY} is missing; name a folder with Livematte's browser side"
        )
    own = {name: overlay / name for name in found if overlay and (overlay / name).is_file()}
    return {name: path.read_bytes() for name, path in sorted((found | own).items())}


def is_litter(path: Path) -> bool:
    """Tell what editors and file managers leave behind, by its path below a source folder."""
    return any(part.startswith(".") or part.endswith(("~", ".orig", ".rej")) for part in path.parts)


def content_hash(data: bytes) -> str:
    """Return the ten hexadecimal digits that stand for a content in its file's name."""
    return hashlib.sha256(data).hexdigest()[:10]


def tree_hash(files: Mapping[str, bytes]) -> str:
    """Return the ten hexadecimal digits that stand for names and contents of several files."""
    digest = hashlib.sha256()
    for path, data in sorted(files.items()):
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:10]
