"""Brings one file from the web, whole or not at all.

It resumes what was interrupted, follows no redirect to a plain connection, gives up with one line
after a bounded number of tries, and checks size and sha256 before the file gets its name. What lies
on the disk meanwhile: see `builder.download_part`.
"""

import http.client
import logging
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from builder import __version__
from builder.download_part import DiskError, Part, Promise
from builder.errors import FetchError
from builder.messages import one_line
from builder.progress import Advance

log = logging.getLogger(__name__)

MAX_BYTES = 2 << 30  # onnx itself stops at 2 GiB
TIMEOUT_S = 30.0  # without a byte
TRIES = 4  # in a row without a new byte
PAUSE_S = 0.5  # before the second try; doubles with each
LONGEST_PAUSE_S = 20.0
MAX_REDIRECTS = 5
_CHUNK = 1 << 16
# Too early, too many requests, or trouble that often passes.
_PASSING_CODES = frozenset((408, 425, 429, 500, 502, 503, 504))
_GIT_LFS = b"version https://git-lfs"


@dataclass(frozen=True)
class Wanted:
    """What is to be brought; ``size`` in bytes and ``sha256`` are checked where they are known."""

    url: str
    sha256: str | None = None
    size: int | None = None
    said_by: str = "the recipe"  # where the sha256 is from, for messages


class _PassingError(Exception):
    """Trouble that another try may overcome."""

    def __init__(self, reason: str, pause_s: float | None = None) -> None:
        super().__init__(one_line(reason))
        self.pause_s = pause_s


def download(wanted: Wanted, target: Path, advance: Advance | None = None) -> str:
    """Bring a file; return its sha256.

    Args:
        wanted: the address, and what is known of the file.
        target: where it goes; its folder is made.
        advance: called with the bytes done and in all.

    Raises:
        FetchError: it cannot be brought, or it is not the wanted one, or cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with Part(target, wanted.url, trusted=wanted.sha256 is not None) as part:
            sha256 = _bring(wanted, part, advance or (lambda _done, _total: None))
            part.finish(target)
            return sha256
    except (OSError, DiskError) as error:
        cause = error.cause if isinstance(error, DiskError) else error
        raise FetchError(
            f"{target}: cannot be written ({cause.strerror or cause}); make room there, or set"
            " LIVEMATTE_CACHE to another folder"
        ) from error


def _bring(wanted: Wanted, part: Part, advance: Advance) -> str:
    """Fill the part until it is whole and right; from the start if what was resumed is wrong."""
    while True:
        resumed = part.size > 0
        _fill(wanted, part, advance)
        problem = _problem(wanted, part)
        if problem is None:
            return part.sha256()
        part.clear()
        if not resumed:
            raise FetchError(f"{wanted.url}: {problem}")
        log.info("%s: %s; once more from the start", wanted.url, problem)


def _fill(wanted: Wanted, part: Part, advance: Advance) -> None:
    tries = 0
    while not part.is_whole:
        before = part.size
        try:
            _try(wanted, part, advance)
            return
        except _PassingError as trouble:
            tries = 1 if part.size > before else tries + 1
            if tries >= TRIES:
                raise FetchError(
                    f"{wanted.url}: cannot be downloaded ({trouble}); check the network and the"
                    " address, then run the command again"
                ) from trouble
            pause_s = min(trouble.pause_s or PAUSE_S * 2 ** (tries - 1), LONGEST_PAUSE_S)
            log.info("%s: %s; again in %.1f s", wanted.url, trouble, pause_s)
            time.sleep(pause_s)


def _try(wanted: Wanted, part: Part, advance: Advance) -> None:
    """Ask for what is missing, and write what comes."""
    headers = {"User-Agent": f"livematte/{__version__}"}
    try:
        request = urllib.request.Request(wanted.url, headers=headers | part.request_headers())
        with _opener().open(request, timeout=TIMEOUT_S) as response:
            total = _accept(wanted, part, response)
            advance(part.size, total)
            while chunk := response.read(_CHUNK):
                part.write(chunk)
                if part.size > (wanted.size or MAX_BYTES):
                    part.clear()
                    raise FetchError(f"{wanted.url}: sends more bytes than it may have")
                advance(part.size, total)
    except urllib.error.HTTPError as error:
        with error:
            _refused(wanted, part, error)
    except urllib.error.URLError as error:
        raise _network(wanted.url, error.reason) from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise _network(wanted.url, error) from error
    else:
        if total is not None and part.size < total:
            raise _PassingError(f"the connection ended after {part.size} of {total} bytes")


def _accept(wanted: Wanted, part: Part, response: http.client.HTTPResponse) -> int | None:
    """Check an answer's head, make the part ready for its body; return the size of it all."""
    headers = response.headers
    promise = Promise.of(wanted.url, response.status, headers, part.size)
    if response.status not in (200, 206):
        raise FetchError(f"{wanted.url}: answers {response.status}, not a file; check the address")
    if headers.get("Content-Encoding", "identity") != "identity":
        raise FetchError(f"{wanted.url}: comes compressed although that was not asked for")
    if wanted.sha256 is None and headers.get_content_type() == "text/html":
        raise FetchError(f"{wanted.url}: is a web page, not a model; give the file's own address")
    if promise.total is not None and promise.total > MAX_BYTES:
        raise FetchError(f"{wanted.url}: larger than 2 GiB, which no model may be")
    if wanted.size is not None and promise.total not in (None, wanted.size):
        raise FetchError(f"{wanted.url}: {_wrong_size(promise.total, wanted.size)}")
    if response.status == 206 and not part.continues(promise):
        part.clear()
        raise _PassingError("the server goes on with something else", pause_s=0.01)
    part.begin(promise, afresh=response.status == 200)
    return promise.total


def _refused(wanted: Wanted, part: Part, error: urllib.error.HTTPError) -> None:
    """Handle an answer that is no file."""
    reason = one_line(f"{error.code} {error.reason}")
    if error.code == 416 and part.size:
        # Nothing is left of the file: it is another one now, or its size was not known.
        part.clear()
        raise _PassingError(reason, pause_s=0.01)
    if error.code in _PASSING_CODES:
        raise _PassingError(reason, _retry_after(error.headers))
    raise FetchError(f"{wanted.url}: cannot be downloaded ({reason}); check the address")


def _retry_after(headers: Message) -> float | None:
    text = headers.get("Retry-After") or ""
    return float(text) if text.isdigit() else None


def _network(url: str, reason: Any) -> Exception:
    """Say what went wrong on the way: passing trouble, or some that another try cannot mend."""
    if isinstance(reason, http.client.InvalidURL | ValueError) and not isinstance(reason, OSError):
        return FetchError(f"{url}: no web address ({reason}); correct the recipe")
    host = urlsplit(url).hostname
    if isinstance(reason, ssl.SSLCertVerificationError):
        return FetchError(
            f"{url}: the certificate of {host} cannot be trusted ({reason.verify_message}); check"
            " the clock and the network"
        )
    if isinstance(reason, TimeoutError):
        return _PassingError(f"no answer from {host} in {TIMEOUT_S:g} s")
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return _PassingError(f"{host} cannot be reached: {text}")


def _problem(wanted: Wanted, part: Part) -> str | None:
    """Say why a part that has ended is not the wanted file."""
    if part.size == 0:
        return "is empty; check the address"
    if wanted.size is not None and part.size != wanted.size:
        return _wrong_size(part.size, wanted.size)
    if wanted.sha256 is None:
        return _doubt(part)
    found = part.sha256()
    if found == wanted.sha256:
        return None
    return (
        f"sha256 is {found}, {wanted.said_by} says {wanted.sha256}; the file has changed there or"
        " on the way: see whether the new one is meant, and only then correct the sha256"
    )


def _doubt(part: Part) -> str | None:
    """Say why a file whose sha256 nobody knows is probably not the wanted one."""
    if part.starts_with(_GIT_LFS):
        return "is the pointer of a Git LFS file, not the file; give the address of its content"
    if not part.has_known_end:
        return "comes without its length, so it may be cut short; give its sha256 in the recipe"
    return None


def _wrong_size(found: int | None, wanted: int) -> str:
    return f"has {found} bytes, the recipe says {wanted}; check the address"


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, and none from https to anything else."""

    max_redirections = MAX_REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme != "https" and (req.type == "https" or scheme != "http"):
            fp.close()
            raise FetchError(
                f"{req.full_url}: redirects to {one_line(newurl)}, which is not encrypted; check"
                " the address"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoDowngrade())
