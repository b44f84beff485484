"""Puts a folder into the cache: whole or not at all, whatever interrupts it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builder.errors import CacheError


@contextmanager
def filling(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``target`` when the block ends without an error.

    A target that somebody else has put there meanwhile stays.

    Raises:
        CacheError: the cache cannot be written to, or the disk is full.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            yield new
            if not target.exists():
                new.rename(target)
    except OSError as error:
        raise CacheError(
            f"the cache {target.parent} cannot be written ({error.strerror}); free some space, or"
            " name another folder in LIVEMATTE_CACHE"
        ) from error
