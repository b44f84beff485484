"""Finds, by the recipe, what a model's inputs and outputs are."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from builder.contract.graph import dims, inputs_of, shape_text, type_name
from builder.errors import ContractError

if TYPE_CHECKING:
    from builder.recipe import Constant, Recipe, State

_Value = onnx.ValueInfoProto

PICTURE_TYPES = ("float32", "float16", "uint8")


@dataclass(frozen=True)
class Pair:
    """A state pair by the model's own names."""

    input: str
    output: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Ends:
    """A model's inputs and outputs by their meaning; the names are the model's own."""

    picture: str
    layout: str  # of the picture in this graph: "NCHW" or "NHWC"
    dtype: str  # of the picture: one of PICTURE_TYPES
    answer: str
    pairs: tuple[Pair, ...]
    constants: dict[str, NDArray[np.generic]]


def find_ends(graph: onnx.GraphProto, recipe: "Recipe") -> Ends:
    """Match a graph's inputs and outputs with the recipe.

    Raises:
        ContractError: they do not fit; all the reasons in one line.
    """
    finder = _Finder(graph, recipe)
    ends = finder.find()
    if finder.problems or ends is None:
        raise ContractError(f"{recipe.name}: {'; '.join(finder.problems)}")
    return ends


class _Finder:
    """Collects everything that does not fit."""

    def __init__(self, graph: onnx.GraphProto, recipe: "Recipe") -> None:
        self.recipe = recipe
        self.inputs: dict[str, _Value] = {v.name: v for v in inputs_of(graph)}
        self.outputs: dict[str, _Value] = {v.name: v for v in graph.output}
        self.problems: list[str] = []

    def find(self) -> Ends | None:
        pairs = [self._pair(state) for state in self.recipe.state]
        constants = {c.input: self._constant(c) for c in self.recipe.constant}
        picture = self._picture()
        answer = self._answer()
        layout = self._layout(picture) if picture else None
        if self.problems or picture is None or answer is None or layout is None:
            return None
        return Ends(
            str(picture.name),
            layout,
            type_name(picture),
            answer,
            tuple(pair for pair in pairs if pair),
            {name: value for name, value in constants.items() if value is not None},
        )

    def _known(self, end: str, name: str, key: str) -> _Value | None:
        values = self.inputs if end == "input" else self.outputs
        if name not in values:
            self.problems.append(
                f"the recipe's {key} {name!r} is no {end} of the model; its {end}s are"
                f" {_listed(values)}"
            )
        return values.get(name)

    def _picture(self) -> _Value | None:
        """Find the input that takes the picture: the named one, else the only one left."""
        wanted = self.recipe.input.name
        taken = {state.input for state in self.recipe.state}
        taken |= {constant.input for constant in self.recipe.constant}
        left = [name for name in self.inputs if name not in taken]
        if wanted is None and len(left) == 1:
            return self.inputs[left[0]]
        if wanted is None:
            self.problems.append(
                f"it has {len(left)} inputs that could be the picture ({_listed(left)}); name the"
                " picture in input.name and give the others a [[state]] or a [[constant]]"
            )
            return None
        others = [name for name in left if name != wanted]
        if wanted in taken:
            self.problems.append(f"the recipe's input.name {wanted!r} has another use there too")
        elif others:
            self.problems.append(
                f"its inputs {_listed(others)} get no value; give each a [[state]] or a"
                " [[constant]]"
            )
        return self._known("input", wanted, "input.name")

    def _answer(self) -> str | None:
        """Find the output that the alpha is made from: the named one, else the only one left."""
        spec = self.recipe.output
        if spec.name is not None:
            return spec.name if self._known("output", spec.name, "output.name") else None
        names = list(self.outputs)
        if spec.index is not None:
            if spec.index < len(names):
                return names[spec.index]
            self.problems.append(
                f"the recipe's output.index {spec.index} is beyond the model's {len(names)}"
                f" outputs ({_listed(names)})"
            )
            return None
        taken = {state.output for state in self.recipe.state}
        left = [name for name in names if name not in taken]
        if len(left) == 1:
            return left[0]
        self.problems.append(
            f"it has {len(left)} outputs that could be the answer ({_listed(left)}); name the right"
            " one in output.name"
        )
        return None

    def _layout(self, picture: _Value) -> str | None:
        """Check the picture's type and shape; return its layout in this graph."""
        spec, kind, shape = self.recipe.input, type_name(picture), dims(picture)
        if kind not in PICTURE_TYPES or (spec.dtype and spec.dtype != kind):
            self.problems.append(
                f"the input {picture.name!r} is {kind}, not"
                f" {spec.dtype or 'float32, float16 or uint8'}"
            )
        # The importer of TFLite files has turned NHWC to NCHW.
        layout = "NCHW" if self.recipe.format == "tflite" else spec.layout
        sizes = {
            "NCHW": [1, 3, spec.height, spec.width],
            "NHWC": [1, spec.height, spec.width, 3],
        }
        if fits(shape, sizes[layout]):
            return layout
        other = next((name for name, right in sizes.items() if fits(shape, right)), None)
        hint = f"; input.layout {other} would fit" if other else ""
        self.problems.append(
            f"the input {picture.name!r} is {kind} {shape_text(shape)}, but the recipe makes it"
            f" {shape_text(sizes[layout])} ({layout}){hint}"
        )
        return None

    def _pair(self, state: "State") -> Pair | None:
        taken = self._known("input", state.input, "state input")
        given = self._known("output", state.output, "state output")
        if taken is None or given is None:
            return None
        shape = dims(taken)
        fixed = [size for size in state.shape or shape if isinstance(size, int) and size > 0]
        found = f"the state {state.input!r} is {type_name(taken)} {shape_text(shape)}"
        if type_name(taken) not in ("float32", "float16"):
            self.problems.append(f"{found}; a state must be float32 or float16")
        elif state.shape is not None and not fits(shape, list(state.shape)):
            self.problems.append(f"{found}, but the recipe says {shape_text(state.shape)}")
        elif len(fixed) != len(state.shape or shape):
            self.problems.append(f"{found}; give its fixed shape in the recipe's [[state]]")
        return Pair(state.input, state.output, tuple(fixed))

    def _constant(self, constant: "Constant") -> NDArray[np.generic] | None:
        value = self._known("input", constant.input, "constant input")
        if value is None:
            return None
        numbers = np.array(constant.value)
        shape = _constant_shape(dims(value), numbers.size)
        kind = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        if shape is None or not np.allclose(numbers.astype(kind), numbers, rtol=1e-3, atol=0):
            self.problems.append(
                f"the constant {constant.input!r} is {type_name(value)} {shape_text(dims(value))};"
                f" the recipe's {numbers.size} numbers do not fit"
            )
            return None
        return np.broadcast_to(
            numbers.astype(kind).reshape(shape if numbers.size > 1 else ()), shape
        )


def fits(shape: list[int | str], sizes: list[int]) -> bool:
    """Say whether a shape can take fixed sizes: the same rank, and equal where it is fixed."""
    return len(shape) == len(sizes) and all(
        isinstance(size, str) or size == right for size, right in zip(shape, sizes, strict=True)
    )


def _constant_shape(shape: list[int | str], count: int) -> list[int] | None:
    """Fix the open sizes of a constant that has ``count`` numbers (one number fills any shape)."""
    fixed = math.prod(size for size in shape if isinstance(size, int))
    if count == 1:
        return [size if isinstance(size, int) else 1 for size in shape]
    sizes = [size if isinstance(size, int) else count // max(fixed, 1) for size in shape]
    open_sizes = sum(isinstance(size, str) for size in shape)
    return sizes if open_sizes <= 1 and math.prod(sizes) == count else None


def _listed(names: "dict[str, _Value] | list[str]") -> str:
    return ", ".join(repr(name) for name in names) or "none"
