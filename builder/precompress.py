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
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import brotli

log = logging.getLogger(__name__)

COMPRESSIBLE = frozenset(
    {".css", ".html", ".ico", ".js", ".json", ".map", ".mjs", ".onnx", ".svg", ".txt", ".wasm",
     ".webmanifest", ".xml"}
)  # fmt: skip

BROTLI_QUALITY = 11
# 4 MiB, the most that every decoder takes without being asked. 16 MiB makes the runtime 2 % smaller
# and takes a third longer here.
BROTLI_WINDOW_BITS = 22
GZIP_LEVEL = 9

# Between two chunks a build can be interrupted; brotli chews on one for about half a second.
_CHUNK_BYTES = 256 * 1024


class _CancelledError(Exception):
    """Another thread asked this one to stop."""


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
    stop = threading.Event()
    with ThreadPoolExecutor(os.cpu_count() or 1, "compress") as pool:
        try:
            waiting = {
                job: pool.submit(_cached, files[job[0]], job[1], cache_dir, job[0], progress, stop)
                for job in sorted(jobs, key=lambda job: -len(files[job[0]]))
            }
            return {path + suffix: waiting[path, suffix].result() for path, suffix in jobs}
        finally:
            # After an interrupt the pool's end waits for one chunk, not for a whole file.
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


def compress(data: bytes, suffix: str, stop: threading.Event | None = None) -> bytes:
    """Compress one content to ``.br`` or ``.gz``; the same bytes on every machine and at any time.

    Args:
        data: the content.
        suffix: ``".br"`` or ``".gz"``.
        stop: when set, the work ends within a second, with an exception.
    """
    return b"".join(_CODECS[suffix][0](_chunks(data, stop or threading.Event())))


def decompress(data: bytes, suffix: str) -> bytes | None:
    """Undo ``compress``; None for bytes that are damaged."""
    try:
        return _CODECS[suffix][1](data)
    except (brotli.error, zlib.error):
        return None


def _cached(
    data: bytes,
    suffix: str,
    cache_dir: Path,
    path: str,
    progress: Callable[[str], None],
    stop: threading.Event,
) -> bytes:
    entry = cache_dir / "compressed" / f"{hashlib.sha256(data).hexdigest()}-{_TAG}{suffix}"
    try:
        kept = entry.read_bytes()
    except OSError:
        pass
    else:
        if decompress(kept, suffix) == data:
            return kept
        log.warning("%s is damaged and made again", entry)
    if suffix == ".br" and len(data) >= 4 * _CHUNK_BYTES:
        progress(f"compressing {path}, once ({len(data) / 1e6:.0f} MB)")
    made = compress(data, suffix, stop)
    _keep(entry, made)
    return made


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


def _chunks(data: bytes, stop: threading.Event) -> Iterator[bytes]:
    for start in range(0, len(data), _CHUNK_BYTES):
        if stop.is_set():
            raise _CancelledError
        yield data[start : start + _CHUNK_BYTES]


def _brotli(chunks: Iterator[bytes]) -> Iterator[bytes]:
    compressor = brotli.Compressor(quality=BROTLI_QUALITY, lgwin=BROTLI_WINDOW_BITS)
    for chunk in chunks:
        yield compressor.process(chunk)
    yield compressor.finish()


def _gzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Write RFC 1952 by hand: the standard library's header depends on system and version."""
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc, size = 0, 0
    # magic, deflate, no flags (so no name), time 0, "slowest", unknown system
    yield struct.pack("<2sBBLBB", b"\x1f\x8b", 8, 0, 0, 2, 255)
    for chunk in chunks:
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        yield compressor.compress(chunk)
    yield compressor.flush()
    yield struct.pack("<LL", crc, size & 0xFFFFFFFF)


def _gunzip(data: bytes) -> bytes:
    return zlib.decompress(data, wbits=16 + zlib.MAX_WBITS)


_CODECS: dict[str, tuple[Callable[[Iterator[bytes]], Iterator[bytes]], Callable[[bytes], bytes]]]
_CODECS = {".br": (_brotli, brotli.decompress), ".gz": (_gzip, _gunzip)}

# Everything besides the content that the copies' bytes depend on.
_TAG = (
    f"q{BROTLI_QUALITY}w{BROTLI_WINDOW_BITS}c{_CHUNK_BYTES // 1024}-{brotli.__version__}"
    f"-z{GZIP_LEVEL}-{zlib.ZLIB_RUNTIME_VERSION}"
)
