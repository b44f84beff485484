"""Guesses which of a model's inputs is the picture, and what the others are."""

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from builder.contract.ends import Pair
from builder.contract.graph import dims, inputs_of, type_name
from builder.errors import ContractError
from builder.inspect.facts import picture_layout

# What a model of any size is tried at: the default model's size, a multiple of all usual strides.
OPEN_SIZE = 256
# How exporters mark the two ends of a state.
_IN = re.compile(r"(?:[_.]?(?:in|input|prev|i|t_minus_1))$")
_OUT = re.compile(r"(?:[_.]?(?:out|output|next|o|t))$")


@dataclass(frozen=True)
class Guess:
    """A model's ends by their likely meaning; ``open_size`` where the file does not fix one."""

    picture: str
    dtype: Literal["float32", "float16", "uint8"]
    layout: Literal["NCHW", "NHWC"]
    height: int
    width: int
    open_size: bool
    pairs: tuple[Pair, ...]
    constants: dict[str, float]

    def picture_shape(self) -> list[int]:
        """The picture's shape, all of it fixed."""
        size = [self.height, self.width]
        return [1, 3, *size] if self.layout == "NCHW" else [1, *size, 3]


def guess_ends(model: onnx.ModelProto) -> Guess:
    """Find the picture, states and constants among a model's inputs.

    The picture is the first input of four dimensions with three channels; a further input whose
    name differs from an output's by in and out, i and o, is a state, and so are those that have
    the shapes of as many outputs; one that holds a single number is a constant 1.

    Raises:
        ContractError: no picture, or an input that is none of these.
    """
    inputs = inputs_of(model.graph)
    picture = next((v for v in inputs if _picture_layout(v)), None)
    if picture is None:
        listed = ", ".join(f"{v.name} {dims(v)}" for v in inputs) or "none"
        raise ContractError(f"none of its inputs ({listed}) is a picture with three channels")
    kind = type_name(picture)
    if kind not in ("float32", "float16", "uint8"):
        raise ContractError(f"its picture {picture.name!r} is {kind}, which no recipe can say")
    layout = _picture_layout(picture)
    shape = dims(picture)
    sides = shape[2:] if layout == "NCHW" else shape[1:3]
    if isinstance(shape[0], int) and shape[0] != 1:
        raise ContractError(f"it takes {shape[0]} pictures at once; export it for one")
    height, width = (side if isinstance(side, int) else OPEN_SIZE for side in sides)
    guess = Guess(
        picture.name, kind, layout or "NCHW", height, width,  # type: ignore[arg-type]  # above
        not all(isinstance(side, int) for side in sides), (), {},
    )  # fmt: skip
    others = [value for value in inputs if value.name != picture.name]
    return _with_others(guess, others, list(model.graph.output))


def first_feeds(guess: Guess, model: onnx.ModelProto) -> dict[str, NDArray[np.generic]]:
    """What the inputs besides the picture get with the first frame: zero states, constants."""
    kinds = {
        value.name: helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        for value in model.graph.input
    }
    shapes = {value.name: dims(value) for value in model.graph.input}
    feeds: dict[str, NDArray[np.generic]] = {
        pair.input: np.zeros(pair.shape, kinds[pair.input]) for pair in guess.pairs
    }
    for name, number in guess.constants.items():
        sizes = [1 if isinstance(size, str) else size for size in shapes[name]]
        feeds[name] = np.full(sizes, number, kinds[name])
    return feeds


def _with_others(
    guess: Guess, others: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
) -> Guess:
    given = _by_name(others, outputs)
    given |= _by_shape(
        [value for value in others if value.name not in given],
        [value for value in outputs if value.name not in given.values()],
    )
    pairs, constants = [], {}
    for value in others:
        shape = [1 if isinstance(size, str) else int(size) for size in dims(value)]
        if value.name in given:
            pairs.append(Pair(value.name, given[value.name], tuple(shape)))
        elif int(np.prod(shape)) == 1 and len(shape) <= 1:
            constants[value.name] = 1.0
        else:
            raise ContractError(
                f"what its input {value.name!r} ({type_name(value)} {dims(value)}) takes cannot be"
                " guessed; write it into the recipe as a [[state]] or a [[constant]]"
            )
    return replace(guess, pairs=tuple(pairs), constants=constants)


def _by_name(
    inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
) -> dict[str, str]:
    """Pair inputs that may be states with outputs whose names differ by in and out alone."""
    stems = {_OUT.sub("", value.name.lower()): value.name for value in outputs}
    found = {
        value.name: stems.get(_IN.sub("", value.name.lower()))
        for value in inputs
        if len(dims(value)) > 1
    }
    return {name: output for name, output in found.items() if output is not None}


def _by_shape(
    inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
) -> dict[str, str]:
    """Pair the rest, in order, where as many outputs as inputs have a shape, and one is left."""
    found: dict[str, str] = {}
    for shape in {tuple(dims(value)) for value in inputs if len(dims(value)) > 1}:
        taken = [value.name for value in inputs if tuple(dims(value)) == shape]
        given = [value.name for value in outputs if tuple(dims(value)) == shape]
        if len(taken) == len(given):
            found |= dict(zip(taken, given, strict=True))
    return found if len(found) < len(outputs) else {}


def _picture_layout(value: onnx.ValueInfoProto) -> Literal["NCHW", "NHWC"] | None:
    shape = dims(value)
    layout = picture_layout(tuple(shape))
    if layout or len(shape) != 4:
        return layout
    # Open channels: a picture only if nothing else is fixed either.
    return "NCHW" if all(isinstance(size, str) for size in shape[1:]) else None
