"""PAD, PADV2 and MIRROR_PAD."""

import numpy as np

from builder.importers.tflite_emitter import NHWC_TO_NCHW
from builder.importers.tflite_model import NumberOptions
from builder.importers.tflite_op import Op

_REFLECT, _SYMMETRIC = 0, 1  # MirrorPadMode


def _pad(op: Op) -> None:
    op.write(op.node("Pad", [op.value(0), _amounts(op)]))


def _pad_v2(op: Op) -> None:
    filler = op.constant(2)
    if filler.size != 1:
        raise op.error(f"fills with {filler.size} numbers")
    op.write(op.node("Pad", [op.value(0), _amounts(op), op.scalar(float(filler.reshape(())))]))


def _mirror_pad(op: Op) -> None:
    mode, most = int(op.options(NumberOptions).number), int(_table(op).max(initial=0))
    if mode == _SYMMETRIC and most > 1:  # ONNX has no such mode; one row is the edge itself
        raise op.error(f"mirrors {most} rows with the edge among them, which is not known")
    name = "reflect" if mode == _REFLECT else "edge"
    op.write(op.node("Pad", [op.value(0), _amounts(op)], mode=name))


def _table(op: Op) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Return the paddings: a row for each dimension, before and after."""
    data, rank = op.tensor(1).data, len(op.shape(0))
    if data is None or data.dtype.kind != "i" or data.shape != (rank, 2) or int(data.min()) < 0:
        raise op.error(f"must have a constant table of {rank} × 2 paddings, none negative")
    return data.astype(np.int64)


def _amounts(op: Op) -> str:
    table = _table(op)
    if len(table) == 4:
        table = table[list(NHWC_TO_NCHW)]
    amounts = table.T.reshape(-1)
    return op.emitter.initializer("pads_" + "_".join(str(size) for size in amounts), amounts)


CONVERTERS = {"MIRROR_PAD": _mirror_pad, "PAD": _pad, "PADV2": _pad_v2}
