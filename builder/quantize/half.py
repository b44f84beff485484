"""Half precision: as a way to store weights, and as a way to compute."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from builder.contract import check_contract
from builder.errors import QuantizeError
from builder.messages import one_line
from builder.quantize.stored import Stored, store_weights

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
    return store_weights(model, _stored)


def _stored(name: str, values: NDArray[np.float32]) -> Stored | None:
    if values.size < FP16_MIN_ELEMENTS or np.abs(values).max() > FP16_MAX:
        return None
    tensor = numpy_helper.from_array(values.astype(np.float16), f"{name}_h")
    cast = helper.make_node("Cast", [f"{name}_h"], [name], to=onnx.TensorProto.FLOAT)
    return [tensor], [cast]


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
