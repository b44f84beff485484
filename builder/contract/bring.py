"""Brings any ONNX model to the contract, by its recipe."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

from builder.contract.check import ALPHA, FRAME, check_contract, state_names
from builder.contract.dialect import IR_VERSION, modern, plain, widen
from builder.contract.ends import Ends, find_ends
from builder.contract.front import Convention, put_in_front
from builder.contract.graph import (
    Editor,
    inputs_of,
    names_in,
    rename,
    shape_text,
    subgraphs,
    value_info,
)
from builder.contract.head import put_at_the_end
from builder.contract.runtime import cut, drop, output_shapes
from builder.errors import ContractError

if TYPE_CHECKING:
    from builder.recipe import Input, Recipe

log = logging.getLogger(__name__)


def to_contract(model: onnx.ModelProto, recipe: "Recipe") -> onnx.ModelProto:
    """Bring a model to the contract.

    The picture's convention (layout, channel order, scale, mean, std, type) goes into the first
    convolution where that is exact, else into ops in front; the answer's head and a resize to the
    frame's size go to the end. Open shapes are fixed to the recipe's size, float16 becomes
    float32, further inputs become constants, other outputs are left out.

    Args:
        model: any valid ONNX model; it is not changed.
        recipe: says what the model's inputs and outputs mean.

    Raises:
        ContractError: model and recipe do not fit; the message says in what.
    """
    own = onnx.ModelProto()
    own.CopyFrom(model)
    own = plain(own)
    _drop_listed_weights(own)
    ends = find_ends(own.graph, recipe)
    try:
        widen(own)
        return _bring(own, recipe, ends, (recipe.input.height, recipe.input.width))
    except ContractError as error:
        raise ContractError(f"{recipe.name}: {error}") from error


def _bring(
    model: onnx.ModelProto, recipe: "Recipe", ends: Ends, size: tuple[int, int]
) -> onnx.ModelProto:
    own = modern(_fixed(model, ends, size))
    answer, *given = output_shapes(own)
    for pair, shape in zip(ends.pairs, given, strict=True):
        if list(pair.shape) != shape:
            raise ContractError(
                f"the state {pair.input!r} is {shape_text(pair.shape)} and comes back as"
                f" {shape_text(shape)}; correct the shape in the recipe's [[state]]"
            )
    own, frame = put_in_front(own, ends.picture, convention(recipe.input, ends), size)
    spec = recipe.output
    if recipe.format == "tflite":  # whose importer has turned NHWC to NCHW
        spec = spec.model_copy(update={"layout": None})
    alpha = put_at_the_end(own.graph, own.graph.output[0], answer, spec, ends.layout, size)
    _name(own.graph, frame, alpha, ends, size)
    _drop_unused_weights(own.graph)
    check_contract(own)
    return own


def convention(spec: "Input", ends: Ends) -> Convention:
    """Say what the picture input expects, as one gain and one offset a channel."""
    in_bytes = ends.dtype == "uint8"
    scale = spec.scale or (255.0 if in_bytes else 1.0)
    std = np.array(spec.std)
    return Convention(
        gain=scale / std,
        offset=0.0 - np.array(spec.mean) / std,
        bgr=spec.channels == "BGR",
        nhwc=ends.layout == "NHWC",
        bytes=in_bytes,
    )


def _fixed(model: onnx.ModelProto, ends: Ends, size: tuple[int, int]) -> onnx.ModelProto:
    """Fix the inputs' shapes, make constants of the further ones, keep the outputs in use."""
    picture = [1, 3, *size] if ends.layout == "NCHW" else [1, *size, 3]
    shapes: dict[str, Sequence[int]] = {ends.picture: picture}
    shapes |= {pair.input: pair.shape for pair in ends.pairs}
    for value in model.graph.input:
        if value.name in shapes:
            value.type.tensor_type.ClearField("shape")
            for side in shapes[value.name]:
                value.type.tensor_type.shape.dim.add().dim_value = side
    for value in model.graph.input:
        if value.name in ends.constants:
            kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
            array = ends.constants[value.name].astype(kind)
            model.graph.initializer.append(numpy_helper.from_array(array, value.name))
    _drop_listed_weights(model)
    kinds = {value.name: value.type.tensor_type.elem_type for value in model.graph.output}
    outputs = _distinct(model.graph, [ends.answer, *(pair.output for pair in ends.pairs)], kinds)
    own = cut(model, outputs, keep_inputs=True)
    for value in own.graph.output:
        value.type.tensor_type.elem_type = kinds[value.name]
    return own


def _distinct(graph: onnx.GraphProto, names: list[str], kinds: dict[str, int]) -> list[str]:
    """Copy an output that is an input, or that is wanted twice, so that each has its own name."""
    editor = Editor(graph)
    taken = {value.name for value in graph.input} | {t.name for t in graph.initializer}
    distinct = []
    for name in names:
        own = editor.node("Identity", [name], f"{name}_copy") if name in taken else name
        kinds[own] = kinds[name]
        taken.add(name)
        distinct.append(own)
    editor.place_at_the_end()
    return distinct


def _name(
    graph: onnx.GraphProto, frame: str, alpha: str, ends: Ends, size: tuple[int, int]
) -> None:
    """Give the inputs and outputs the contract's names, order and shapes."""
    names, inputs, outputs = {frame: FRAME, alpha: ALPHA}, {}, {}
    inputs[FRAME] = value_info(FRAME, [1, 3, *size])
    outputs[ALPHA] = value_info(ALPHA, [1, 1, *size])
    given = [value.name for value in graph.output][1:]
    for number, (pair, output) in enumerate(zip(ends.pairs, given, strict=True)):
        taken_name, given_name = state_names(number)
        names |= {pair.input: taken_name, output: given_name}
        inputs[taken_name] = value_info(taken_name, pair.shape)
        outputs[given_name] = value_info(given_name, pair.shape)
    rename(graph, names)
    del graph.input[:], graph.output[:], graph.value_info[:]
    graph.input.extend(inputs.values())
    graph.output.extend(outputs.values())


def _drop_listed_weights(model: onnx.ModelProto) -> None:
    """Take weights out of the list of inputs, where old exporters repeat them."""
    kept = {value.name for value in inputs_of(model.graph)}
    if len(kept) < len(model.graph.input):
        drop(model.graph.input, kept)
        model.ir_version = max(model.ir_version, IR_VERSION)


def _drop_unused_weights(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    used |= {name for node in graph.node for body in subgraphs(node) for name in names_in(body)}
    drop(graph.initializer, used)
