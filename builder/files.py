"""Lists folders and writes files that somebody has named."""

import os
from pathlib import Path

from builder.errors import LivematteError


def files_in(folder: Path, error: type[LivematteError], wish: str) -> list[Path]:
    """List a folder's files in their names' order, hidden ones left out.

    Args:
        folder: what was named.
        error: what is raised where it is no folder, or one that cannot be read.
        wish: what is to be named instead, the end of that error's line.
    """
    try:
        return sorted(p for p in folder.iterdir() if p.is_file() and p.name[0] != ".")
    except OSError as problem:
        raise error(f"{folder}: cannot be listed: {problem.strerror}; {wish}") from problem


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, or leave the older one: whatever interrupts it, nothing half-written stays.

    Raises:
        OSError: it cannot be written; the caller knows what to say.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
