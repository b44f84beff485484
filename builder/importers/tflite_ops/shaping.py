"""RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE, SHAPE and the two block shuffles."""

import math

import numpy as np

from builder.importers.tflite_emitter import NHWC_TO_NCHW
from builder.importers.tflite_model import NumberOptions, ReshapeOptions, SqueezeOptions
from builder.importers.tflite_op import Op


def _reshape(op: Op) -> None:
    """Reshape in NHWC's memory order, which costs transpositions only where it must."""
    shape = op.shape(0)
    target = _resolve(op, _wanted(op), math.prod(shape))
    op.write(op.emitter.reshape(op.value(0), shape, target))


def _wanted(op: Op) -> tuple[int, ...]:
    """Return the shape that the op asks for: its second input, or else its options."""
    if op.has(1):
        return op.sizes(1, op.output_shape())
    options = op.options(ReshapeOptions)
    if options.new_shape is None:
        raise op.error("says no shape; the file is damaged, fetch it again")
    return options.new_shape


def _resolve(op: Op, wanted: tuple[int, ...], elements: int) -> tuple[int, ...]:
    """Put a number in the place of one −1."""
    known = math.prod(size for size in wanted if size != -1)
    if wanted.count(-1) == 1 and known > 0 and elements % known == 0:
        return tuple(elements // known if size == -1 else size for size in wanted)
    if known != elements or min(wanted, default=1) < 1:
        raise op.error(f"makes the shape {list(wanted)} from {elements} numbers")
    return wanted


def _squeeze(op: Op) -> None:
    shape, asked = op.shape(0), op.options(SqueezeOptions).axes
    axes = {op.axis(axis, len(shape)) for axis in asked}
    axes = axes or {axis for axis, size in enumerate(shape) if size == 1}
    if any(shape[axis] != 1 for axis in axes):
        raise op.error(f"squeezes the axes {sorted(axes)} of {list(shape)}")
    target = [size for axis, size in enumerate(shape) if axis not in axes]
    op.write(op.emitter.reshape(op.value(0), shape, target))


def _expand_dims(op: Op) -> None:
    shape, listed = op.shape(0), op.integers(1)
    if len(listed) != 1:
        raise op.error(f"inserts at the axes {list(listed)}, not at one")
    axis = op.axis(listed[0], len(shape) + 1)
    op.write(op.emitter.reshape(op.value(0), shape, [*shape[:axis], 1, *shape[axis:]]))


def _transpose(op: Op) -> None:
    shape, perm = op.shape(0), op.integers(1)
    if sorted(perm) != list(range(len(shape))):
        raise op.error(f"orders {len(shape)} dimensions as {list(perm)}")
    if len(shape) == 4:
        perm = tuple(NHWC_TO_NCHW.index(perm[axis]) for axis in NHWC_TO_NCHW)
    value = op.value(0)
    op.write(
        value if perm == tuple(range(len(shape))) else op.node("Transpose", [value], perm=perm)
    )


def _shape(op: Op) -> None:
    """Write the input's shape, which is known at import."""
    sizes = np.array(op.shape(0), op.emitter.tensor(op.output()).dtype)
    op.write(op.emitter.initializer(f"t{op.output()}_sizes", sizes))


def _block_size(op: Op) -> int:
    op.shape(0, rank=4)
    size = int(op.options(NumberOptions).number)
    op.check_positive(blocks=(size, size))
    return size


def _depth_to_space(op: Op) -> None:
    op.write(op.node("DepthToSpace", [op.value(0)], blocksize=_block_size(op), mode="DCR"))


def _space_to_depth(op: Op) -> None:
    op.write(op.node("SpaceToDepth", [op.value(0)], blocksize=_block_size(op)))


CONVERTERS = {
    "DEPTH_TO_SPACE": _depth_to_space,
    "EXPAND_DIMS": _expand_dims,
    "RESHAPE": _reshape,
    "SHAPE": _shape,
    "SPACE_TO_DEPTH": _space_to_depth,
    "SQUEEZE": _squeeze,
    "TRANSPOSE": _transpose,
}
