"""Answers a request for one file of a folder, as RFC 9110 has it, and for nothing outside it.

Every answer is read and hashed anew: the folder may be exchanged at any time, and the largest file
takes 20 ms.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Request, Response
from werkzeug.datastructures import Accept

from builder.headers import cache_control, content_type

# Content codings by the suffix of the copy that holds them, the smallest first.
_CODINGS = {"br": ".br", "gzip": ".gz"}

# No more digits than any file needs: Python refuses to convert endless ones.
_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Representation:
    """One form of a file: as it is, or a compressed copy."""

    data: bytes
    coding: str | None
    has_others: bool

    @property
    def etag(self) -> str:
        """A strong validator: each form has its own."""
        return hashlib.sha256(self.data).hexdigest()[:32]


def file_response(
    request: Request, root: Path, name: str, edit: Callable[[bytes], bytes] | None = None
) -> Response | None:
    """Answer a GET or HEAD request for ``name`` below ``root``.

    Compressed copies by Accept-Encoding, ``If-None-Match``, one byte range with ``If-Range``.

    Args:
        request: the request.
        root: the folder; nothing outside it is read, whatever links lead there.
        name: the path below ``root``, already unquoted once.
        edit: changes the file's bytes on the way; compressed copies are not used then.

    Returns:
        The answer, or None where there is no such file.
    """
    span = _requested_range(request)
    found = _represent(root, name, request.accept_encodings, plain=bool(span or edit))
    if found is None:
        return None
    if edit:
        found = _Representation(edit(found.data), None, has_others=False)
    response = Response(content_type=content_type(name))
    response.headers["Cache-Control"] = cache_control(name)
    response.headers["Accept-Ranges"] = "bytes"
    response.set_etag(found.etag)
    if found.has_others:
        response.headers["Vary"] = "Accept-Encoding"
    if found.coding:
        response.headers["Content-Encoding"] = found.coding
    if request.if_none_match.contains_weak(found.etag):
        response.status_code = 304
    elif span and request.headers.get("If-Range", f'"{found.etag}"') == f'"{found.etag}"':
        _send_range(response, found.data, span)
    else:
        response.set_data(found.data)
    return response


def _represent(root: Path, name: str, accept: Accept, *, plain: bool) -> _Representation | None:
    data = read_inside(root, name)
    if data is None:
        return None
    copies = {coding: read_inside(root, name + suffix) for coding, suffix in _CODINGS.items()}
    available = [coding for coding, copy in copies.items() if copy is not None]
    coding = None if plain else choose_coding(accept, available)
    chosen = copies.get(coding or "")
    return _Representation(data if chosen is None else chosen, coding, bool(available))


def read_inside(root: Path, name: str) -> bytes | None:
    """Read a regular file below ``root``; None for everything else that a name can mean."""
    if not _is_plain(name):
        return None
    try:
        top = root.resolve(strict=True)
        path = (top / name).resolve(strict=True)
        if path.is_relative_to(top) and path.is_file():
            return path.read_bytes()
    except (OSError, RuntimeError, ValueError):
        # missing, forbidden or too long; a circle of links; a NUL or a lone surrogate
        return None
    return None


def _is_plain(name: str) -> bool:
    """Tell whether a name is made of ordinary parts: none empty, hidden, upwards or Windows's."""
    return not re.search(r"[\\:]", name) and all(
        part and not part.startswith(".") for part in name.split("/")
    )


def choose_coding(accept: Accept, available: list[str]) -> str | None:
    """Choose a content coding by its weight, then by ``available``'s order; None for none at all.

    The file as it is comes last: a client that names no coding at all gets it, and one that
    refuses everything too.
    """
    best, best_weight = None, accept.quality("identity")
    for coding in reversed(available):
        weight = accept.quality(coding)
        if weight > 0 and weight >= best_weight:
            best, best_weight = coding, weight
    return best


def _requested_range(request: Request) -> tuple[int | None, int | None] | None:
    """Return the first and last byte asked for, or None and the length of the file's end.

    A range that cannot be understood, or several at once, count as none: RFC 9110 allows to send
    the whole file then.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not match or request.method != "GET":
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return None, int(suffix)
    if last and int(last) < int(first):
        return None
    return int(first), int(last) if last else None


def _send_range(response: Response, data: bytes, span: tuple[int | None, int | None]) -> None:
    first, last = span
    size = len(data)
    if first is None:
        start, end = max(size - (last or 0), 0), size
    else:
        start, end = first, size if last is None else min(last + 1, size)
    if start >= end:
        response.status_code = 416
        response.headers["Content-Range"] = f"bytes */{size}"
        return
    response.status_code = 206
    response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response.set_data(data[start:end])
