"""Runs models and pieces of models, to see their shapes and to compare what must be equal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from builder.contract.graph import Dims, dims, inputs_of, names_in, subgraphs
from builder.errors import ContractError
from builder.messages import one_line

Arrays = dict[str, NDArray[np.generic]]


def open_session(
    model: onnx.ModelProto, *, as_written: bool = False, write_to: Path | None = None
) -> Any:
    """Open a model with onnxruntime on the CPU, on one thread.

    Args:
        model: any; onnxruntime's own errors are the caller's to name.
        as_written: without optimisations, which must not hide what is compared.
        write_to: the file for the optimised graph, by the optimisations that suit any processor.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors are raised as well
    options.intra_op_num_threads = 1  # the same sums in the same order, however many cores
    if as_written:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    elif write_to:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(write_to)
    return onnxruntime.InferenceSession(
        model.SerializeToString(),
        options,
        providers=["CPUExecutionProvider"],
        enable_fallback=0,  # to the same provider, with a banner
    )


def run(model: onnx.ModelProto, feeds: Arrays) -> list[NDArray[np.generic]]:
    """Run a model with onnxruntime on the CPU; return its outputs in order.

    Raises:
        ContractError: onnxruntime refuses it.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    try:
        session = open_session(model, as_written=True)
        outputs: list[NDArray[np.generic]] = session.run(None, feeds)
    except (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
        state.RuntimeException,
        RuntimeError,
        ValueError,
    ) as error:
        raise ContractError(f"onnxruntime cannot run the model: {one_line(error)}") from error
    return outputs


def noise(model: onnx.ModelProto) -> Arrays:
    """Make an input of noise for a model whose inputs have fixed shapes, by a fixed seed."""
    rng = np.random.default_rng(0)
    feeds = {}
    for value in inputs_of(model.graph):
        kind = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        top = 255 if kind == np.uint8 else 1
        feeds[value.name] = (rng.random([int(size) for size in dims(value)]) * top).astype(kind)
    return feeds


def output_shapes(model: onnx.ModelProto) -> list[list[int]]:
    """Find the shapes of a model's outputs: by inference, and where that fails by running it.

    Raises:
        ContractError: the model cannot be run.
    """
    blank = onnx.ModelProto()
    blank.CopyFrom(model)
    for value in blank.graph.output:
        value.type.tensor_type.ClearField("shape")
    try:
        inferred = onnx.shape_inference.infer_shapes(blank, data_prop=True)
    except (onnx.shape_inference.InferenceError, RuntimeError, ValueError):
        inferred = blank  # what inference cannot follow, the run below shows
    shapes = [dims(value) for value in inferred.graph.output]
    known = [value.type.tensor_type.HasField("shape") for value in inferred.graph.output]
    if all(known) and all(_is_fixed(shape) for shape in shapes):
        return [[int(size) for size in shape] for shape in shapes]
    return [list(np.shape(output)) for output in run(blank, noise(blank))]


def _is_fixed(shape: Dims) -> bool:
    return all(isinstance(size, int) for size in shape)


def cut(
    model: onnx.ModelProto, outputs: Sequence[str], *, keep_inputs: bool = False
) -> onnx.ModelProto:
    """Return the part of a model that makes some of its values, which become its outputs.

    The outputs have neither type nor shape, and count as float32 until they are given theirs.
    """
    part = onnx.ModelProto()
    part.CopyFrom(model)
    graph, needed = part.graph, set(outputs)
    unused = []
    for place in reversed(range(len(graph.node))):
        node = graph.node[place]
        if not needed & set(node.output):
            unused.append(place)
            continue
        needed.update(node.input)
        for body in subgraphs(node):
            needed |= names_in(body)
    for place in unused:
        del graph.node[place]
    drop(graph.initializer, needed)
    if not keep_inputs:
        drop(graph.input, needed)
    del graph.output[:], graph.value_info[:]
    for name in outputs:
        graph.output.add().name = name
        graph.output[-1].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    return part


def drop(parts: Any, needed: set[str]) -> None:
    """Take those out of a protobuf list whose names are not needed."""
    for place in reversed(range(len(parts))):
        if parts[place].name not in needed:
            del parts[place]
