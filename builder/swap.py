"""Replaces a folder by a new one in one step: a build that fails leaves the old site as it was.

The new folder grows beside the old one. Where the system can, the two are exchanged in one step
(``renameat2``, Linux); elsewhere two renames follow each other, and the old folder is put back if
the second one fails.
"""

import ctypes
import errno
import fcntl
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builder.errors import SiteError

log = logging.getLogger(__name__)

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_OLD = ".old"


def check_replaceable(out_dir: Path) -> None:
    """Refuse a folder whose loss nobody asked for.

    Raises:
        SiteError: ``out_dir`` is a file, or holds something that is no Livematte site.
    """
    with _readable_errors(out_dir):
        if not out_dir.exists() and not out_dir.is_symlink():
            return
        if not out_dir.is_dir():
            raise SiteError(f"{out_dir} is no folder; name one for the site with --site")
        if any(out_dir.iterdir()) and not is_site(out_dir):
            raise SiteError(
                f"{out_dir} holds files but no Livematte site, so it is not replaced; "
                "empty it or name another folder with --site"
            )


def is_site(folder: Path) -> bool:
    """Tell whether a folder holds a built site: its ``manifest.json`` says so."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and "livematte" in manifest


@contextmanager
def replacing(out_dir: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``out_dir`` when the block ends well.

    When the block raises, or the process is stopped, ``out_dir`` stays as it was. What a killed
    build has left beside it is removed by the next one.

    Raises:
        SiteError: ``out_dir`` may not be replaced, or the disk refuses.
    """
    check_replaceable(out_dir)
    out = out_dir.resolve()  # behind a symbolic link, the folder itself is exchanged
    with _readable_errors(out_dir):
        out.parent.mkdir(parents=True, exist_ok=True)
        _clean_up_after_killed_builds(out)
        with _locked_folder(out) as new:
            try:
                yield new
                _swap(new, out)
            finally:
                _remove(new)


@contextmanager
def _readable_errors(out_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SiteError(_explain(error, out_dir)) from error


def _explain(error: OSError, out_dir: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left for {out_dir}; free some, or name another folder with --site"
    where = f" ({error.filename})" if error.filename else ""
    return f"cannot write {out_dir}: {error.strerror}{where}; name another folder with --site"


@contextmanager
def _locked_folder(out: Path) -> Iterator[Path]:
    """Make a scratch folder beside ``out``, locked for as long as this process works in it."""
    while True:
        scratch = out.with_name(f".site-{secrets.token_hex(4)}-{out.name}")
        scratch.mkdir()
        lock = os.open(scratch, os.O_RDONLY)
        try:
            # A build that cleans up may have taken it for abandoned between the two steps.
            if _lock(lock) and scratch.exists():
                yield scratch
                return
        finally:
            os.close(lock)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clean_up_after_killed_builds(out: Path) -> None:
    """Remove scratch folders that no process holds, and put back a site that was left aside."""
    ours = re.compile(rf"\.site-[0-9a-f]{{8}}-{re.escape(out.name)}({re.escape(_OLD)})?")
    for path in sorted(out.parent.iterdir()):
        match = ours.fullmatch(path.name)
        if not match or not path.is_dir():
            continue
        lock = os.open(path, os.O_RDONLY)
        try:
            if not _lock(lock):
                continue
            if match[1] and not out.exists():
                log.warning("%s is put back: a build was killed in the middle of the swap", out)
                path.rename(out)
            else:
                _remove(path)
        finally:
            os.close(lock)


def _swap(new: Path, out: Path) -> None:
    if not out.exists():
        new.rename(out)
    elif not _exchange(new, out):
        _rename_twice(new, out)


def _exchange(new: Path, out: Path) -> bool:
    """Exchange two folders in one step; False where the system or its file system cannot."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    names = (os.fsencode(new), os.fsencode(out))
    if renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(out))


def _rename_twice(new: Path, out: Path) -> None:
    old = new.with_name(new.name + _OLD)
    out.rename(old)
    try:
        new.rename(out)
    finally:
        if not out.exists():
            old.rename(out)
        else:
            _remove(old)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return  # it has become the site
    except OSError as error:
        log.warning("cannot remove %s: %s", folder, error.strerror)
