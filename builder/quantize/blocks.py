"""Weights in int8 with a scale for each block: for size only."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from builder.quantize.stored import Stored, store_weights

# Weights that share a scale. With 16 the default models keep IoU 0.991 to 0.997 with fp32, with 64
# one of them falls below 0.99; the file is 7 % larger.
BLOCK = 16
# Below this the nodes that put a tensor together again take more bytes than is saved.
MIN_ELEMENTS = 512
TOP = 127  # symmetric: −127 to 127


def int8_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the weights as int8, each block of 16 with a scale in fp16.

    ``weight = scale * n``, rounded to the nearest (the symmetric case of Jacob et al.,
    "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference", CVPR 2018, block by block). Casts, a product and reshapes, all of constants, put
    the weights together when the runtime loads the model: it computes in float32 as before, on
    any backend and opset, and only the file is smaller.

    Raises:
        ContractError: the model does not keep the contract.
    """
    return store_weights(model, _stored)


def quantise_blocks(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Split values into blocks; return ``[n, 16]`` integers and ``[n, 1]`` scales.

    The last block is filled up with zeros.
    """
    blocks = np.pad(values.ravel(), (0, -values.size % BLOCK)).reshape(-1, BLOCK)
    scales = (np.abs(blocks).max(1, keepdims=True) / TOP).astype(np.float16)
    scales[scales == 0] = 1  # of zeros, or of numbers below fp16's least
    numbers = np.clip(np.rint(blocks / scales.astype(np.float32)), -TOP, TOP)
    return numbers.astype(np.int8), scales


def _stored(name: str, values: NDArray[np.float32]) -> Stored | None:
    if values.size < MIN_ELEMENTS:
        return None
    numbers, scales = quantise_blocks(values)
    tensors: dict[str, NDArray[np.generic]] = {
        "q": numbers,
        "s": scales,
        "z": np.array(values.shape, np.int64),
    }
    nodes = [
        _node("Cast", [f"{name}_q"], f"{name}_qf", to=onnx.TensorProto.FLOAT),
        _node("Cast", [f"{name}_s"], f"{name}_sf", to=onnx.TensorProto.FLOAT),
        _node("Mul", [f"{name}_qf", f"{name}_sf"], f"{name}_b"),
    ]
    last = f"{name}_b"
    if numbers.size > values.size:
        tensors |= {"f": np.array([-1]), "o": np.array([0]), "n": np.array([values.size])}
        nodes.append(_node("Reshape", [last, f"{name}_f"], f"{name}_l"))
        nodes.append(_node("Slice", [f"{name}_l", f"{name}_o", f"{name}_n"], f"{name}_c"))
        last = f"{name}_c"
    nodes.append(_node("Reshape", [last, f"{name}_z"], name))
    stored = [numpy_helper.from_array(array, f"{name}_{key}") for key, array in tensors.items()]
    return stored, nodes


def _node(op: str, inputs: Sequence[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs, [output], **attributes)
