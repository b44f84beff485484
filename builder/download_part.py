"""A download that is under way, on the disk.

``NAME.part`` holds the bytes that have come, ``NAME.part.json`` what the server said of the file.
Both stay when the connection or the program breaks off; the next download of the same address goes
on from there, if the server confirms that it still has the same file (``If-Range``) or a sha256
will show it.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.message import Message
from pathlib import Path
from types import TracebackType

from builder.errors import FetchError

if sys.platform != "win32":  # where two programs cannot replace each other's open files anyway
    import fcntl

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)$")


class DiskError(Exception):
    """A file of the part cannot be written: told apart from the network's own OSErrors."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True)
class Promise:
    """What a server says of a file."""

    url: str
    total: int | None = None  # bytes
    etag: str | None = None
    modified: str | None = None
    chunked: bool = False
    start: int = 0  # the first byte that it sends now

    @classmethod
    def of(cls, url: str, status: int, headers: Message, have: int) -> "Promise":
        """Read it from an answer's head; ``have`` bytes are there already."""
        length = headers.get("Content-Length") or ""
        start, total = 0, int(length) if length.isdigit() else None
        if status == 206:
            found = _CONTENT_RANGE.match(headers.get("Content-Range") or "")
            start = int(found[1]) if found else -1
            total = int(found[2]) if found and found[2] != "*" else total and total + have
        return cls(
            url,
            total,
            headers.get("ETag"),
            headers.get("Last-Modified"),
            "chunked" in (headers.get("Transfer-Encoding") or "").lower(),
            start,
        )

    @property
    def validator(self) -> str | None:
        """What ``If-Range`` takes: a strong ETag, else the date of the last change."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or self.modified


class Part:
    """The bytes that have come so far; one program at a time has it open.

    Args:
        target: the file that it will become.
        url: where it comes from; what came from elsewhere is dropped.
        trusted: whether a sha256 will show in the end that all of it belongs together.

    Raises:
        FetchError: another program is bringing the same file.
        OSError: its file cannot be made or read.
    """

    def __init__(self, target: Path, url: str, *, trusted: bool) -> None:
        self._path = target.with_name(f"{target.name}.part")
        self._facts = target.with_name(f"{target.name}.part.json")
        self._file = self._path.open("a+b", buffering=0)
        self._lock()
        self.size = self._path.stat().st_size
        self.promise = self._remembered(url)
        if not (trusted or self.promise.validator):
            self.clear()

    def __enter__(self) -> "Part":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if self.size == 0:
            self._path.unlink(missing_ok=True)
            self._facts.unlink(missing_ok=True)

    @property
    def is_whole(self) -> bool:
        """Whether as many bytes have come as the server said there are."""
        return self.size > 0 and self.size == self.promise.total

    @property
    def has_known_end(self) -> bool:
        """Whether the protocol would have shown that the file was cut short."""
        return self.promise.total is not None or self.promise.chunked

    def request_headers(self) -> dict[str, str]:
        """Ask for the rest only, and only if it belongs to what is there."""
        if self.size == 0:
            return {}
        headers = {"Range": f"bytes={self.size}-"}
        if self.promise.validator:
            headers["If-Range"] = self.promise.validator
        return headers

    def continues(self, promise: Promise) -> bool:
        """Whether what a server sends now goes on exactly where this part ends."""
        old = self.promise
        same_size = None in (old.total, promise.total) or old.total == promise.total
        same_tag = None in (old.etag, promise.etag) or old.etag == promise.etag
        return promise.start == self.size and same_size and same_tag

    def begin(self, promise: Promise, *, afresh: bool) -> None:
        """Note what the server says; drop what is there if it sends all of it again."""
        if afresh:
            self.clear()
        self.promise = promise
        with _disk():
            self._facts.write_text(json.dumps(asdict(promise)), "utf-8")

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        with _disk():
            while chunk:  # an unbuffered file may take less than all
                written = self._file.write(chunk)
                self.size += written
                chunk = chunk[written:]

    def clear(self) -> None:
        """Forget all that has come."""
        with _disk():
            self._file.truncate(0)
        self.size, self.promise = 0, Promise(self.promise.url)

    def sha256(self) -> str:
        """Hash all that has come."""
        self._file.seek(0)
        return hashlib.file_digest(self._file, "sha256").hexdigest()

    def starts_with(self, start: bytes) -> bool:
        """Compare the first bytes."""
        self._file.seek(0)
        return self._file.read(len(start)) == start

    def finish(self, target: Path) -> None:
        """Give the file its own name, in one step."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(target)
        self._facts.unlink(missing_ok=True)

    def _remembered(self, url: str) -> Promise:
        """Read what the server said the last time; nothing where that was of another address."""
        try:
            promise = Promise(**json.loads(self._facts.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return Promise(url)
        return promise if promise.url == url else Promise(url)

    def _lock(self) -> None:
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise FetchError(
                f"{self._path}: another program is downloading this file; wait until it is done"
            ) from error


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskError(error) from error
