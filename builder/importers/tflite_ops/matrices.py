"""FULLY_CONNECTED and BATCH_MATMUL."""

import math

from builder.importers.tflite_emitter import NCHW_TO_NHWC
from builder.importers.tflite_model import BatchMatMulOptions, FullyConnectedOptions
from builder.importers.tflite_op import Op
from builder.importers.tflite_ops.convolution import bias


def _fully_connected(op: Op) -> None:
    """Multiply rows of input channels, in NHWC's memory order, with weights [out, in]."""
    options, shape = op.options(FullyConnectedOptions), op.shape(0)
    if options.weights_format != "DEFAULT":
        raise op.error(f"has weights in the format {options.weights_format}, which is not known")
    outs, ins = op.shape(1, rank=2)
    total = math.prod(shape)
    if total % ins or (options.keep_dims and shape[-1:] != (ins,)):
        raise op.error(f"weights {[outs, ins]} do not fit an input {list(shape)}")
    rows = op.emitter.reshape(op.value(0), shape, [total // ins, ins])
    constant = op.emitter.is_constant(op.input(1))
    inputs = [rows, op.weights(1, "oi", (0, 1)) if constant else op.value(1)]
    if op.has(2):
        inputs.append(bias(op, 2, outs))
    value = op.activate(op.node("Gemm", inputs, transB=1), options.activation)
    target = [*shape[:-1], outs] if options.keep_dims else [total // ins, outs]
    op.write(op.emitter.reshape(value, [total // ins, outs], target))


def _batch_mat_mul(op: Op) -> None:
    options = op.options(BatchMatMulOptions)
    if min(len(op.shape(0)), len(op.shape(1))) < 2:
        raise op.error("multiplies tensors of less than 2 dimensions")
    first = _matrix(op, 0, adjoint=options.adjoint_x)
    op.write_in_file_order(op.node("MatMul", [first, _matrix(op, 1, adjoint=options.adjoint_y)]))


def _matrix(op: Op, position: int, *, adjoint: bool) -> str:
    """Return an input in TFLite's order, its last two dimensions exchanged if asked for."""
    rank = len(op.shape(position))
    order = list(NCHW_TO_NHWC) if rank == 4 else list(range(rank))
    if adjoint:
        order[-2:] = order[:-3:-1]
    value = op.value(position)
    return value if order == list(range(rank)) else op.node("Transpose", [value], perm=order)


CONVERTERS = {"BATCH_MATMUL": _batch_mat_mul, "FULLY_CONNECTED": _fully_connected}
