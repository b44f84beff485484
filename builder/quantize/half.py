"""Half precision: as a way to store weights, and as a way to compute."""

import logging

import numpy as np
import onnx
from onnx import helper, numpy_helper

from builder.contract import check_contract
from builder.errors import QuantizeError
from builder.messages import one_line

log = logging.getLogger(__name__)

# A Cast node with its names takes about as many bytes as fp16 saves on this many weights.
FP16_MIN_ELEMENTS = 64
FP16_MAX = float(np.finfo(np.float16).max)


def fp16_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the weights in fp16, each behind a Cast to float32.

    The runtime folds the casts when it loads the model, so it computes in float32 as before: the
    file halves, nothing else changes, and no runtime needs fp16 arithmetic. Tensors too small to
    gain by it and those whose range fp16 does not have stay in float32.

    Raises:
        ContractError: the model does not keep the contract.
    """
    check_contract(model)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if values.size < FP16_MIN_ELEMENTS or np.abs(values).max() > FP16_MAX:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_h"))
        casts.append(helper.make_node("Cast", [f"{name}_h"], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])  # ahead of their readers, as ONNX demands
    log.debug("%d of %d tensors stored in fp16", len(casts), len(graph.initializer))
    return result


def fp16_compute(model: onnx.ModelProto) -> onnx.ModelProto:
    """Compute in fp16 throughout, between float32 ends.

    For GPUs with fp16 arithmetic (WebGPU's ``shader-f16``): half the memory traffic. On a CPU,
    where onnxruntime has next to no fp16 kernels, it is float32 with casts around every node.

    Raises:
        ContractError: the model does not keep the contract.
        QuantizeError: it cannot be converted.
    """
    # The converter of onnxruntime: it knows which ops take some input in float32 only.
    from onnxruntime.transformers.float16 import convert_float_to_float16

    check_contract(model)
    own = onnx.ModelProto()
    own.CopyFrom(model)
    try:
        result: onnx.ModelProto = convert_float_to_float16(
            own, keep_io_types=True, op_block_list=[], max_finite_val=FP16_MAX
        )
    except (RuntimeError, ValueError, AttributeError, KeyError) as error:
        raise QuantizeError(f"cannot be converted to fp16: {one_line(error)}") from error
    del result.graph.value_info[:]
    check_contract(result)
    return result
