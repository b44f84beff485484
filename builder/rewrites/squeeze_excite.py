"""A 1×1 convolution of a single pixel is a product of matrices.

On [N, C, 1, 1] a 1×1 convolution is x·Wᵀ + b with x as [N, C], which Gemm does with weights that
the runtime packs when it loads them; a convolution would be a product with a single column, for
which its kernel has no form. Reshapes between two such convolutions cancel: activations see single
values, whatever the shape.
"""

import onnx

from builder.rewrites.graph import Graph, rewrite_nodes
from builder.rewrites.reading import is_pointwise

_ACTIVATIONS = ("Relu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "LeakyRelu")


def apply(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace 1×1 convolutions of single pixels by Gemm."""
    return rewrite_nodes(model, ("Conv",), _multiply)


def _multiply(graph: Graph, conv: onnx.NodeProto) -> bool:
    shape, weights = graph.shape(conv.input[0]), graph.constant(conv.input[1])
    if shape is None or weights is None or shape[2:] != (1, 1) or not is_pointwise(graph, conv):
        return False
    bias = [name for name in list(conv.input)[2:] if name]
    product = graph.add(
        "Gemm",
        _flat(graph, conv.input[0], shape[:2]),
        graph.constant_value(weights[:, :, 0, 0], "weights"),
        *bias,
        transB=1,
    )
    graph.replace(conv.output[0], graph.reshape(product, shape[0], len(weights), 1, 1))
    return True


def _flat(graph: Graph, value: str, shape: tuple[int, ...]) -> str:
    """Return a value of [N, C, 1, 1] as [N, C], without a Reshape where it was that before."""
    made_by = graph.producer(value)
    if made_by is not None and graph.only_consumer(value) is not None:
        if made_by.op_type == "Reshape" and graph.shape(made_by.input[0]) == shape:
            return str(made_by.input[0])
        if made_by.op_type in _ACTIVATIONS:
            return graph.copy(made_by, _flat(graph, made_by.input[0], shape))
    return graph.reshape(value, *shape)
