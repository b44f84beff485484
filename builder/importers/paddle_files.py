"""A Paddle inference model is two files, the program and its parameters; here they are one.

A published model comes as a .zip or .tar archive that holds the pair somewhere. Two files that lie
beside each other are packed into such an archive, the same bytes every time.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from builder import archives
from builder.errors import ModelImportError

PROGRAMS = (".pdmodel", ".json")  # of Paddle 2, and of Paddle 3, whose program is text
PARAMETERS = ".pdiparams"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip file can say


@dataclass(frozen=True)
class Pair:
    """``suffix`` is the program's, one of ``PROGRAMS``."""

    program: bytes
    parameters: bytes
    suffix: str


def is_program(path: Path) -> bool:
    """Whether a file is a program by its ending, to which the parameters belong."""
    return path.suffix in PROGRAMS


def pack(program: Path) -> bytes:
    """Pack a program and the parameters that lie beside it.

    Raises:
        OSError: one of the two cannot be read.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in (program, program.with_suffix(PARAMETERS)):
            archive.writestr(zipfile.ZipInfo(path.name, _EPOCH), path.read_bytes())
    return packed.getvalue()


def unpack(data: bytes, origin: str) -> Pair:
    """Find the one pair in an archive.

    Raises:
        ModelImportError: no archive, or not one pair in it.
        FetchError: a damaged archive.
    """
    names = archives.names(data, origin)
    parameters = [name for name in names if name.endswith(PARAMETERS)]
    if len(parameters) != 1:
        raise ModelImportError(
            f"{origin}: holds {len(parameters)} files *{PARAMETERS}; a Paddle model is an archive"
            f" with one program ({' or '.join(PROGRAMS)}) and its parameters"
        )
    stem = str(PurePosixPath(parameters[0]).with_suffix(""))
    for suffix in PROGRAMS:
        if stem + suffix in names:
            program = archives.member(data, stem + suffix, origin)
            return Pair(program, archives.member(data, parameters[0], origin), suffix)
    raise ModelImportError(
        f"{origin}: holds {parameters[0]}, but no program beside it; it would be"
        f" {' or '.join(stem + suffix for suffix in PROGRAMS)}"
    )
