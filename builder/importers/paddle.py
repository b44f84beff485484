"""Paddle inference models → ONNX `ModelProto`, by paddle2onnx (the extra ``livematte[paddle]``)."""

import logging
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from builder import paths
from builder.errors import ModelImportError
from builder.importers.onnx import check, import_onnx
from builder.importers.paddle_files import PARAMETERS, Pair, unpack
from builder.messages import one_line

if TYPE_CHECKING:
    import onnx

log = logging.getLogger(__name__)

LIMIT_S = 120  # the largest portrait models take a few seconds
EXTRA = "pip install 'livematte[paddle]'"


def import_paddle(data: bytes, origin: str) -> "onnx.ModelProto":
    """Convert a Paddle model.

    Args:
        data: a .zip or .tar archive with the program and its parameters.
        origin: the file's name, for messages.

    Returns:
        A checked ONNX model with the program's own names and layout.

    Raises:
        ModelImportError: no such archive, paddle2onnx is missing, or it refuses the model.
    """
    pair = unpack(data, origin)
    _require(pair, origin)
    with tempfile.TemporaryDirectory(prefix="livematte-") as scratch:
        converted = _converted(pair, Path(scratch), origin)
    model = import_onnx(converted, origin)
    check(model, origin)
    return model


def _require(pair: Pair, origin: str) -> None:
    """See that what converts this kind of program is installed."""
    try:
        found = version("paddle2onnx")
    except PackageNotFoundError:
        raise ModelImportError(f"{origin}: a Paddle model needs paddle2onnx; {EXTRA}") from None
    if pair.suffix == ".json" and int(found.split(".", 1)[0]) < 2:
        raise ModelImportError(
            f"{origin}: a program of Paddle 3 (.json) needs paddle2onnx 2 and paddlepaddle, found"
            f" paddle2onnx {found}; pip install 'livematte[paddle3]', or save the model with"
            " FLAGS_enable_pir_api=0"
        )


def _converted(pair: Pair, folder: Path, origin: str) -> bytes:
    program, parameters = folder / f"model{pair.suffix}", folder / f"model{PARAMETERS}"
    output = folder / "model.onnx"
    program.write_bytes(pair.program)
    parameters.write_bytes(pair.parameters)
    command = [sys.executable, "-m", "builder.importers.paddle_export"]
    try:
        done = subprocess.run(
            [*command, str(program), str(parameters), str(output)],
            cwd=paths.PACKAGE_DIR.parent, capture_output=True, text=True, errors="replace",
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ModelImportError(
            f"{origin}: paddle2onnx does not end within {LIMIT_S} s; check the model"
        ) from None
    log.debug("paddle2onnx: %s", done.stdout + done.stderr)
    if done.returncode or not output.is_file() or output.stat().st_size == 0:
        raise ModelImportError(
            f"{origin}: paddle2onnx cannot convert it ({_reason(done)}); fetch it again, or"
            " export it as ONNX"
        )
    return output.read_bytes()


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    telling = [line for line in said if "[ERROR]" in line or "rror:" in line] or said[-1:]
    return one_line(telling[-1]) if telling else f"it ended with {done.returncode}"
