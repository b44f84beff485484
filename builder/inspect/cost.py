"""Counts a graph's multiplications with addition (MACs) and its weights."""

import math
from collections.abc import Callable, Mapping, Sequence

import onnx

from builder.contract.graph import subgraphs

Shapes = Mapping[str, Sequence[int | None]]


def count_weights(model: onnx.ModelProto) -> tuple[int, int]:
    """Count the numbers in constant tensors, and the bytes that they take in the file."""
    tensors = [*model.graph.initializer]
    for node in model.graph.node:
        tensors += (a.t for a in node.attribute if a.name == "value" and a.HasField("t"))
    numbers = sum(math.prod(tensor.dims) for tensor in tensors)
    return numbers, sum(_bytes(tensor) for tensor in tensors)


def count_macs(model: onnx.ModelProto) -> int | None:
    """Count the MACs of one run: convolutions and matrix products, by their shapes.

    Returns:
        None where a shape that matters is open, or where the graph has branches or loops.

    What is left out (additions, activations, resizes) is usually a few percent of the arithmetic.
    """
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (onnx.shape_inference.InferenceError, RuntimeError, ValueError):
        return None
    graph = inferred.graph
    shapes: dict[str, Sequence[int | None]] = {t.name: list(t.dims) for t in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        if value.type.tensor_type.HasField("shape"):
            sizes = value.type.tensor_type.shape.dim
            shapes.setdefault(value.name, [d.dim_value or None for d in sizes])
    total = 0
    for node in graph.node:
        if any(True for _ in subgraphs(node)):
            return None
        if node.op_type in _MACS:
            macs = _MACS[node.op_type](node, shapes)
            if macs is None:
                return None
            total += macs
    return total


def _convolution(node: onnx.NodeProto, shapes: Shapes) -> int | None:
    """Each output value: one product for each weight of its output channel."""
    weights, answer = shapes.get(node.input[1]), shapes.get(node.output[0])
    return _product([*(answer or [None]), *(weights[1:] if weights else [None])])


def _transposed(node: onnx.NodeProto, shapes: Shapes) -> int | None:
    """Each input value: one product for each weight of its input channel."""
    weights, given = shapes.get(node.input[1]), shapes.get(node.input[0])
    return _product([*(given or [None]), *(weights[1:] if weights else [None])])


def _matrices(node: onnx.NodeProto, shapes: Shapes) -> int | None:
    """Each output value: one product for each element of the dimension that is summed over."""
    first, answer = shapes.get(node.input[0]), shapes.get(node.output[0])
    turned = any(a.name == "transA" and a.i for a in node.attribute)
    inner = first[0 if turned else -1] if first else None
    return _product([*(answer or [None]), inner])


def _product(sizes: Sequence[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return math.prod(known) if len(known) == len(sizes) else None


_MACS: dict[str, Callable[[onnx.NodeProto, Shapes], int | None]] = {
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Gemm": _matrices,
    "MatMul": _matrices,
    "QLinearConv": lambda node, shapes: _product(
        [*(shapes.get(node.output[0]) or [None]), *((shapes.get(node.input[3]) or [0, None])[1:])]
    ),
}


def _bytes(tensor: onnx.TensorProto) -> int:
    count: int = math.prod(tensor.dims)
    if tensor.data_type in (onnx.TensorProto.INT4, onnx.TensorProto.UINT4):
        return (count + 1) // 2
    kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return count * int(kind.itemsize)
