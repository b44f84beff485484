"""The ``.br`` and ``.gz`` copies beside every compressible file.

Made once, at build time and as small as the formats allow, so that a static host only has to pick
one. The copies are kept in the cache by the content's hash: the runtime's 14 MB take half a minute
and almost never change.
"""

import hashlib
import logging
import os
import secrets
import struct
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path, PurePosixPath

import brotli

log = logging.getLogger(__name__)

COMPRESSIBLE = frozenset(
    {".bin", ".css", ".html", ".ico", ".js", ".json", ".map", ".mjs", ".onnx", ".svg", ".txt",
     ".wasm", ".webmanifest", ".xml"}
)  # fmt: skip

BROTLI_QUALITY = 11
# 4 MiB, the most that every decoder takes without being asked. 16 MiB makes the runtime 2 % smaller
# and takes a third longer here.
BROTLI_WINDOW_BITS = 22
GZIP_LEVEL = 9

# Brotli takes about two seconds for so much; below it nobody waits.
_WORTH_TELLING_BYTES = 1_000_000

_Job = tuple[str, str]  # a site path and the suffix of its copy


def is_compressible(path: str) -> bool:
    """Tell whether copies of a site path are worth making, by its suffix."""
    return PurePosixPath(path).suffix.lower() in COMPRESSIBLE


def compressed_copies(
    files: Mapping[str, bytes], cache_dir: Path, progress: Callable[[str], None] = lambda _: None
) -> dict[str, bytes]:
    """Compress every compressible file, in threads, the largest first.

    Args:
        files: content by site path.
        cache_dir: where copies are kept between builds.
        progress: called with a line before a file that takes more than a moment.

    Returns:
        ``path + ".br"`` and ``path + ".gz"`` of each compressible path, in the order of ``files``.
    """
    paths = [path for path in files if is_compressible(path)]
    jobs = [(path, suffix) for path in paths for suffix in _CODECS]

    def work(job: _Job) -> bytes:
        path, suffix = job
        return _cached(files[path], suffix, cache_dir, lambda: progress(_line(path, files[path])))

    made = _in_threads(work, sorted(jobs, key=lambda job: -len(files[job[0]])))
    return {path + suffix: made[path, suffix] for path, suffix in jobs}


def warm_up(paths: Iterable[Path], cache_dir: Path) -> threading.Thread:
    """Begin to compress files that a later ``compressed_copies`` will ask for; returns at once.

    A file that cannot be read is left to whoever needs it.
    """
    found = {str(path): data for path in paths if (data := _load(path)) is not None}
    thread = threading.Thread(target=compressed_copies, args=(found, cache_dir), daemon=True)
    thread.start()
    return thread


def _line(path: str, data: bytes) -> str:
    return f"compressing {path}, once ({len(data) / 1e6:.0f} MB)"


def _in_threads(work: Callable[[_Job], bytes], jobs: list[_Job]) -> dict[_Job, bytes]:
    """Do the jobs in their order on all cores, which the compressors leave free for threads.

    The threads are daemons, not a pool's: after Ctrl-C a pool would be waited for, for half a
    minute in the middle of a large file.
    """
    futures: dict[_Job, Future[bytes]] = {job: Future() for job in jobs}
    waiting = deque(futures.items())

    def drain() -> None:
        while True:
            try:
                job, future = waiting.popleft()
            except IndexError:
                return
            try:
                future.set_result(work(job))
            except BaseException as error:  # raised again by the thread that asks for the result
                future.set_exception(error)

    for _ in range(os.cpu_count() or 1):
        threading.Thread(target=drain, name="compress", daemon=True).start()
    try:
        return {job: future.result() for job, future in futures.items()}
    finally:
        waiting.clear()


def compress(data: bytes, suffix: str) -> bytes:
    """Compress to ``.br`` or ``.gz``: the same bytes on every machine and at any time."""
    return _CODECS[suffix][0](data)


def decompress(data: bytes, suffix: str) -> bytes | None:
    """Undo ``compress``; None for bytes that are damaged."""
    try:
        return _CODECS[suffix][1](data)
    except (brotli.error, zlib.error):
        return None


def _cached(data: bytes, suffix: str, cache_dir: Path, tell: Callable[[], None]) -> bytes:
    entry = cache_dir / "compressed" / f"{hashlib.sha256(data).hexdigest()}-{_TAG}{suffix}"
    if suffix == ".br" and len(data) >= _WORTH_TELLING_BYTES and not entry.exists():
        tell()
    # Who comes second waits, and finds what the first one made.
    with _locks.setdefault(entry, threading.Lock()):
        kept = _load(entry)
        if kept is not None:
            if decompress(kept, suffix) == data:
                return kept
            log.warning("%s is damaged and made again", entry)
        made = compress(data, suffix)
        _keep(entry, made)
        return made


# One lock for each cache entry.
_locks: dict[Path, threading.Lock] = {}


def _load(entry: Path) -> bytes | None:
    try:
        return entry.read_bytes()
    except OSError:
        return None


def _keep(entry: Path, data: bytes) -> None:
    """Write a cache entry whole or not at all; a cache that cannot be written costs only time."""
    scratch = entry.with_name(f".{entry.name}-{secrets.token_hex(4)}")
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        try:
            scratch.write_bytes(data)
            scratch.replace(entry)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        log.warning("cannot keep %s in the cache: %s", entry.name, error.strerror)


def _brotli(data: bytes) -> bytes:
    made: bytes = brotli.compress(data, quality=BROTLI_QUALITY, lgwin=BROTLI_WINDOW_BITS)
    return made


def _gzip(data: bytes) -> bytes:
    """Write RFC 1952 by hand: the standard library's header depends on system and version."""
    # magic, deflate, no flags (so no name), time 0, "slowest", unknown system
    head = struct.pack("<2sBBLBB", b"\x1f\x8b", 8, 0, 0, 2, 255)
    body = zlib.compress(data, GZIP_LEVEL, -zlib.MAX_WBITS)
    return head + body + struct.pack("<LL", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _gunzip(data: bytes) -> bytes:
    return zlib.decompress(data, wbits=16 + zlib.MAX_WBITS)


_Codec = Callable[[bytes], bytes]
_CODECS: dict[str, tuple[_Codec, _Codec]] = {
    ".br": (_brotli, brotli.decompress),
    ".gz": (_gzip, _gunzip),
}

# Everything besides the content that the copies' bytes depend on.
_TAG = (
    f"q{BROTLI_QUALITY}w{BROTLI_WINDOW_BITS}-{brotli.__version__}"
    f"-z{GZIP_LEVEL}-{zlib.ZLIB_RUNTIME_VERSION}"
)
