"""Runs paddle2onnx in a process of its own: it ends the process on what it does not like.

    python -m builder.importers.paddle_export PROGRAM PARAMETERS OUTPUT

Programs of Paddle 2 need nothing but paddle2onnx's native module; the text programs of Paddle 3
need paddle2onnx 2 with paddlepaddle.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

OPSET = 17


def main(program: str, parameters: str, output: str) -> None:
    """Convert a pair of files."""
    if int(version("paddle2onnx").split(".", 1)[0]) >= 2:
        from paddle2onnx import export

        export(program, parameters, output, opset_version=OPSET, verbose=False)
        return
    from paddle2onnx import paddle2onnx_cpp2py_export as native

    # The arguments have no names: opset and whether a higher one will do, talk, check, experimental
    # ops, optimise; then custom ops, backend, calibration and weight files, fp16.
    switches: tuple[Any, ...] = (OPSET, True, False, True, True, True)
    rest: tuple[Any, ...] = ({}, "onnxruntime", "", "", False)
    Path(output).write_bytes(native.export(program, parameters, *switches, *rest))


if __name__ == "__main__":
    main(*sys.argv[1:])
