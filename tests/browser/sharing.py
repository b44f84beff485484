"""What several test processes need, and one of them makes."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from builder import paths


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Waits while another process is in here with the same ``name``."""
    file = paths.cache_dir() / f"{name}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go of with the file, even by a process that dies
        yield
