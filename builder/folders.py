"""Lists folders that somebody has named."""

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
