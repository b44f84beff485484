"""One dialect for everything behind: float32 throughout, opset 17 or newer."""

import logging

import numpy as np
import onnx
from onnx import numpy_helper

from builder.contract.graph import all_graphs, contents
from builder.contract.runtime import noise, run
from builder.errors import ContractError
from builder.messages import one_line

log = logging.getLogger(__name__)

OPSET = 17
# Below this, the ops that the contract adds (Softmax along one axis, Resize by sizes) differ.
OLDEST_OPSET = 13
# From this IR version on, weights need not be listed as inputs.
IR_VERSION = 8
# Two opsets of one model do the same sums; what is left is float32 rounding.
SAME_MEAN_DIFFERENCE = 1e-5

_HALF, _FLOAT = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
# Attributes that say which type a node makes.
_TYPE_ATTRIBUTES = ("to", "dtype", "output_dtype")


def plain(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model without functions of its own, and with its constants as weights."""
    if model.functions:
        from onnx import inliner  # loaded for the few models that need it

        model = inliner.inline_local_functions(model)
    nodes = []
    for node in model.graph.node:
        value = next((a for a in node.attribute if a.name == "value"), None)
        if node.op_type == "Constant" and value is not None:
            value.t.name = node.output[0]
            model.graph.initializer.append(value.t)
        else:
            nodes.append(onnx.NodeProto.FromString(node.SerializeToString()))
    if len(nodes) < len(model.graph.node):
        del model.graph.node[:]
        model.graph.node.extend(nodes)
        model.ir_version = max(model.ir_version, IR_VERSION)
    return model


def widen(model: onnx.ModelProto) -> None:
    """Turn everything float16 in a model into float32, in place.

    Every float16 is a float32 too, so the weights stay as they are; the sums are only finer. The
    web runtime's CPU has next to no float16 kernels.
    """
    for graph in all_graphs(model.graph):
        for value in (*graph.input, *graph.output, *graph.value_info):
            if value.type.tensor_type.elem_type == _HALF:
                value.type.tensor_type.elem_type = _FLOAT
        for tensor in graph.initializer:
            _widen_tensor(tensor)
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.name in _TYPE_ATTRIBUTES and attribute.i == _HALF:
                    attribute.i = _FLOAT
                for tensor in (attribute.t, *attribute.tensors):
                    _widen_tensor(tensor)


def _widen_tensor(tensor: onnx.TensorProto) -> None:
    if tensor.data_type == _HALF:
        wide = contents(tensor).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(wide, tensor.name))


def modern(model: onnx.ModelProto) -> onnx.ModelProto:
    """Raise a model to opset 17, if it is older, and see that it still answers the same.

    Args:
        model: its inputs have fixed shapes.

    Raises:
        ContractError: it cannot be raised, and is too old to be used as it is.
    """
    opset = _opset(model)
    if opset is None or opset >= OPSET:
        return model
    try:
        raised = onnx.version_converter.convert_version(model, OPSET)
        if _same(model, raised):
            return raised
        reason = "the answer would change"
    except (onnx.version_converter.ConvertError, RuntimeError, ValueError, ContractError) as error:
        reason = one_line(error)
    if opset >= OLDEST_OPSET:
        log.warning("the model stays at opset %d: %s", opset, reason)
        return model
    raise ContractError(
        f"opset {opset} is too old and cannot be raised to {OPSET} ({reason}); export the model"
        f" with opset {OLDEST_OPSET} or newer"
    )


def _opset(model: onnx.ModelProto) -> int | None:
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    return versions[0] if versions else None


def _same(before: onnx.ModelProto, after: onnx.ModelProto) -> bool:
    feeds = noise(before)
    for first, second in zip(run(before, feeds), run(after, feeds), strict=True):
        exact = first.astype(np.float64)
        difference = np.abs(exact - second.astype(np.float64)).mean()
        if not difference <= SAME_MEAN_DIFFERENCE * max(1.0, np.abs(exact).mean()):
            return False
    return True
