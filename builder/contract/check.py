"""Says whether a model keeps the contract, and which states it has."""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from builder.contract.graph import dims, inputs_of, shape_text, type_name
from builder.errors import ContractError

FRAME, ALPHA = "frame", "alpha"

_Value = onnx.ValueInfoProto


@dataclass(frozen=True)
class State:
    """A state pair of a recurrent model: float32 tensors of one shape."""

    input: str
    output: str
    shape: tuple[int, ...]


def state_names(number: int) -> tuple[str, str]:
    """Name the input and the output of a state pair, counted from 0."""
    return f"state{number}_in", f"state{number}_out"


def check_contract(model: onnx.ModelProto) -> tuple[int, int]:
    """Return the (height, width) of a model that keeps the contract.

    Raises:
        ContractError: it does not; the message says in what it differs.
    """
    inputs, outputs = inputs_of(model.graph), list(model.graph.output)
    pairs = _pair_count(inputs, outputs)
    shape = dims(inputs[0]) if inputs else []
    fixed = [side for side in shape[2:4] if isinstance(side, int)] if len(shape) == 4 else []
    height, width = fixed if len(fixed) == 2 else ("H", "W")
    problems = [
        *_end_problems("input", inputs, 1 + pairs, [1, 3, height, width], "RGB 0..1"),
        *_end_problems("output", outputs, 1 + pairs, [1, 1, height, width], "alpha 0..1"),
        *_state_problems(inputs[1:], outputs[1:], pairs),
    ]
    if not problems:
        names = [inputs[0].name, outputs[0].name]
        if names == [FRAME, ALPHA]:
            return fixed[0], fixed[1]
        problems = [
            f"its tensors are called {names[0]!r} and {names[1]!r}, not {FRAME} and {ALPHA}"
        ]
    raise ContractError(
        f"the model does not keep the contract: {'; '.join(problems)}; bring it there with"
        " livematte convert"
    )


def states(model: onnx.ModelProto) -> tuple[State, ...]:
    """List the state pairs of a model that keeps the contract, in their order; mostly none.

    Raises:
        ContractError: the model does not keep the contract.
    """
    check_contract(model)
    inputs = inputs_of(model.graph)[1:]
    return tuple(
        State(*state_names(number), tuple(int(size) for size in dims(value)))
        for number, value in enumerate(inputs)
    )


def zero_states(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Make what the state inputs get before the first frame, by input name.

    Raises:
        ContractError: the model does not keep the contract.
    """
    return {state.input: np.zeros(state.shape, np.float32) for state in states(model)}


def _pair_count(inputs: list[_Value], outputs: list[_Value]) -> int:
    """How many state pairs the names promise."""
    ends = {value.name for value in (*inputs[1:], *outputs[1:])}
    count = 0
    while ends & set(state_names(count)):
        count += 1
    return count


def _end_problems(
    end: str, values: list[_Value], count: int, shape: list[int | str], meaning: str
) -> list[str]:
    right = f"float32 {shape_text(shape)} ({meaning})"
    if len(values) != count:
        listed = ", ".join(repr(value.name) for value in values) or "none"
        wanted = "one" if count == 1 else f"{count}, the first one"
        return [f"it has {len(values)} {end}s ({listed}); it must have {wanted}, {right}"]
    if type_name(values[0]) == "float32" and dims(values[0]) == shape:
        return []
    return [f"the {end} {values[0].name!r} is {described(values[0])}, not {right}"]


def _state_problems(inputs: list[_Value], outputs: list[_Value], pairs: int) -> list[str]:
    problems = []
    for number, (taken, given) in enumerate(zip(inputs, outputs, strict=False)):
        if number >= pairs:
            break
        if (taken.name, given.name) != state_names(number):
            names = " and ".join(state_names(number))
            problems.append(
                f"the state tensors {taken.name!r} and {given.name!r} should be {names}"
            )
        elif described(taken) != described(given) or not _is_state(taken):
            problems.append(
                f"the state {taken.name!r} is {described(taken)} and comes back as"
                f" {described(given)}; both must be float32 of one fixed shape"
            )
    return problems


def _is_state(value: _Value) -> bool:
    fixed = all(isinstance(size, int) and size > 0 for size in dims(value))
    return type_name(value) == "float32" and fixed


def described(value: _Value) -> str:
    """Describe a value for messages: ``float32 [1, 3, H, W]``."""
    return f"{type_name(value)} {shape_text(dims(value))}"
