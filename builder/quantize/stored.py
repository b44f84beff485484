"""Weights that are stored in another form, and put together when the runtime loads the model."""

from collections.abc import Callable

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from builder.contract import check_contract

# What is stored instead of a tensor, and the nodes, all of constants, that make the tensor of it.
Stored = tuple[list[onnx.TensorProto], list[onnx.NodeProto]]


def store_weights(
    model: onnx.ModelProto, store: Callable[[str, NDArray[np.float32]], Stored | None]
) -> onnx.ModelProto:
    """Store the float32 weights of a model otherwise.

    Args:
        model: is not changed.
        store: takes a tensor's name and values; None leaves it as it is.

    Raises:
        ContractError: the model does not keep the contract.
    """
    check_contract(model)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    kept, nodes = [], []
    for tensor in graph.initializer:
        is_float = tensor.data_type == onnx.TensorProto.FLOAT
        stored = store(tensor.name, numpy_helper.to_array(tensor)) if is_float else None
        if stored is None:
            kept.append(onnx.TensorProto.FromString(tensor.SerializeToString()))
        else:
            kept += stored[0]
            nodes += stored[1]
    nodes += [onnx.NodeProto.FromString(node.SerializeToString()) for node in graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)  # ahead of their readers, as ONNX demands
    return result
