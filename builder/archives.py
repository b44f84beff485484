"""Takes one file out of a .zip or .tar archive in memory; nothing is unpacked to the disk."""

import contextlib
import difflib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from builder.errors import FetchError
from builder.messages import one_line

# More than any model for a browser; an archive may promise anything.
MAX_BYTES = 1 << 30


def member(data: bytes, name: str, origin: str) -> bytes:
    """Read one member of an archive, compressed or not.

    Args:
        data: the whole archive.
        name: the member's path inside it.
        origin: the archive's name, for messages.

    Raises:
        FetchError: no archive, a damaged one, or one without that file.
    """
    with _read_errors(origin):
        if zipfile.is_zipfile(io.BytesIO(data)):
            return _from_zip(data, name, origin)
        return _from_tar(data, name, origin)


def names(data: bytes, origin: str) -> list[str]:
    """List an archive's files by their paths inside it.

    Raises:
        FetchError: no archive, or a damaged one.
    """
    with _read_errors(origin):
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return [info.filename for info in archive.infolist() if not info.is_dir()]
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            return [info.name for info in tar if info.isfile()]


@contextlib.contextmanager
def _read_errors(origin: str) -> Iterator[None]:
    """Turn what damaged archives raise into one line."""
    try:
        yield
    except (
        tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
        EOFError, OSError, NotImplementedError, RuntimeError, ValueError, LookupError,
    ) as error:  # fmt: skip
        reason = one_line(error) or type(error).__name__
        raise FetchError(
            f"{origin}: no .zip or .tar archive, or a damaged one ({reason}); correct the recipe's"
            " member or url"
        ) from error


def _from_zip(data: bytes, name: str, origin: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        if name not in names:
            raise _missing(name, names, origin)
        with archive.open(name) as file:
            return _whole(file.read(MAX_BYTES + 1), name, origin)


def _from_tar(data: bytes, name: str, origin: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = [info.name for info in archive if info.isfile()]
        file = archive.extractfile(name) if name in names else None
        if file is None:
            raise _missing(name, names, origin)
        return _whole(file.read(MAX_BYTES + 1), name, origin)


def _whole(contents: bytes, name: str, origin: str) -> bytes:
    if len(contents) > MAX_BYTES:
        raise FetchError(f"{origin}: {name} is larger than 1 GiB, which no model may be")
    return contents


def _missing(name: str, names: list[str], origin: str) -> FetchError:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "") or "nothing"
    hint = f'did you mean "{close[0]}"?' if close else f"it holds {shown}"
    return FetchError(f'{origin}: holds no file "{name}"; {hint}')
