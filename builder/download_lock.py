"""``downloads.lock``: the sha256 of every first download whose publisher gives none.

It lies beside the recipes, so that it can be kept with them; where that folder cannot be written
(an installed package), it lies in the cache. A later download has to be the same.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from builder import paths
from builder.errors import FetchError
from builder.files import write_whole
from builder.messages import one_line

LOCK_NAME = "downloads.lock"
_HEAD = """\
# The sha256 of files whose publishers give none, as they were when they were first downloaded.
# A later download has to be the same. To accept a new file, remove its entry.
"""


def lock_files(recipes: Path) -> tuple[Path, Path]:
    """Name the lock file beside the recipes, and the one in the cache."""
    return recipes / LOCK_NAME, paths.cache_dir() / LOCK_NAME


def pinned(recipes: Path, url: str) -> tuple[str, Path] | None:
    """Look up an address; return its sha256 and the lock file that has it.

    Raises:
        FetchError: a lock file is damaged.
    """
    for path in lock_files(recipes):
        entry = _read(path).get(url)
        if entry is not None:
            return entry["sha256"], path
    return None


def pin(recipes: Path, url: str, sha256: str, size: int) -> Path:
    """Write down what an address gave; return the lock file.

    Raises:
        FetchError: neither lock file can be written, or one is damaged.
    """
    beside, cached = lock_files(recipes)
    try:
        return _add(beside, url, sha256, size)
    except OSError:
        pass
    try:
        return _add(cached, url, sha256, size)
    except OSError as error:
        raise FetchError(
            f'{cached}: cannot be written ({error.strerror}); write sha256 = "{sha256}" into the'
            " recipe's [source]"
        ) from error


def _add(path: Path, url: str, sha256: str, size: int) -> Path:
    entries = {**_read(path), url: {"sha256": sha256, "size": size}}
    # JSON's strings are TOML's, too.
    lines = [
        f'\n[{json.dumps(name)}]\nsha256 = "{entry["sha256"]}"\nsize = {entry["size"]}\n'
        for name, entry in sorted(entries.items())
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (_HEAD + "".join(lines)).encode())
    return path


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        entries = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _damaged(path, str(error)) from error
    for url, entry in entries.items():
        if not _is_entry(entry):
            raise _damaged(path, f"the entry of {url} is not sha256 and size")
    return entries


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("sha256"), str)
        and len(entry["sha256"]) == 64
        and isinstance(entry.get("size"), int)
    )


def _damaged(path: Path, reason: str) -> FetchError:
    return FetchError(f"{path}: damaged ({one_line(reason)}); mend or remove it")
