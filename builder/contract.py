"""The one contract: ``frame`` → ``alpha``.

Input ``frame``: float32 ``[1, 3, H, W]``, RGB, 0..1. Output ``alpha``: float32 ``[1, 1, H, W]``,
probability of "person", 0..1. Everything behind the importers takes and makes such models only.
"""

from typing import TYPE_CHECKING

import onnx

from builder.errors import ContractError

if TYPE_CHECKING:
    from builder.recipe import Recipe

FRAME, ALPHA = "frame", "alpha"

_Value = onnx.ValueInfoProto


def to_contract(model: onnx.ModelProto, recipe: "Recipe") -> onnx.ModelProto:
    """Bring a model to the contract; so far, one that differs in the tensors' names only.

    Args:
        model: any valid ONNX model; it is not changed.
        recipe: says what the model's input and output mean.

    Raises:
        ContractError: the model differs in more; the message says in what, and what is right.
    """
    own = onnx.ModelProto()
    own.CopyFrom(model)
    _drop_listed_weights(own.graph)
    problems = _recipe_problems(recipe)
    problems += _tensor_problems(own.graph, (recipe.input.height, recipe.input.width))
    if problems:
        raise ContractError(f"{recipe.name}: {'; '.join(problems)}")
    _rename(own.graph, {own.graph.input[0].name: FRAME, own.graph.output[0].name: ALPHA})
    return own


def check_contract(model: onnx.ModelProto) -> tuple[int, int]:
    """Return the (height, width) of a model that keeps the contract.

    Raises:
        ContractError: it does not; the message says in what it differs.
    """
    shape = _shape(model.graph.input[0]) if model.graph.input else []
    size = shape[2:4] if len(shape) == 4 else []
    fixed = [side for side in size if isinstance(side, int)]
    problems = _tensor_problems(model.graph, (fixed[0], fixed[1]) if len(fixed) == 2 else None)
    if not problems:
        names = [model.graph.input[0].name, model.graph.output[0].name]
        if names == [FRAME, ALPHA]:
            return fixed[0], fixed[1]
        problems = [
            f"its tensors are called {names[0]!r} and {names[1]!r}, not {FRAME} and {ALPHA}"
        ]
    raise ContractError(
        f"the model does not keep the contract: {'; '.join(problems)}; bring it there with"
        " livematte convert"
    )


def _recipe_problems(recipe: "Recipe") -> list[str]:
    source = recipe.input
    problems = []
    if source.channels != "RGB":
        problems.append(f"the recipe's input.channels is {source.channels}; only RGB is supported")
    if any(source.mean) or any(part != 1 for part in source.std):
        problems.append(
            "the recipe's input.mean and input.std ask for a normalisation; only mean 0 and std 1"
            " (RGB 0..1 as it is) are supported, so put the normalisation into the model"
        )
    return problems


def _tensor_problems(graph: onnx.GraphProto, size: tuple[int, int] | None) -> list[str]:
    height, width = size or ("H", "W")
    return [
        *_end_problems("input", list(graph.input), [1, 3, height, width], "RGB 0..1"),
        *_end_problems("output", list(graph.output), [1, 1, height, width], "alpha 0..1"),
    ]


def _end_problems(
    end: str, values: list[_Value], shape: list[int | str], meaning: str
) -> list[str]:
    right = f"float32 {_text(shape)} ({meaning})"
    if len(values) != 1:
        listed = ", ".join(repr(value.name) for value in values) or "none"
        return [f"it has {len(values)} {end}s ({listed}); it must have one, {right}"]
    kind = values[0].type.tensor_type.elem_type
    if kind == onnx.TensorProto.FLOAT and _shape(values[0]) == shape:
        return []
    found = f"{onnx.TensorProto.DataType.Name(kind).lower()} {_text(_shape(values[0]))}"
    return [f"the {end} {values[0].name!r} is {found.replace('float ', 'float32 ')}, not {right}"]


def _shape(value: _Value) -> list[int | str]:
    """Return a value's shape; an open dimension is its name, or "?"."""
    return [
        dim.dim_value if dim.WhichOneof("value") == "dim_value" else dim.dim_param or "?"
        for dim in value.type.tensor_type.shape.dim
    ]


def _text(shape: list[int | str]) -> str:
    return f"[{', '.join(str(size) for size in shape)}]"


def _drop_listed_weights(graph: onnx.GraphProto) -> None:
    """Take weights out of the list of inputs, where old exporters repeat them."""
    weights = {tensor.name for tensor in graph.initializer}
    kept = [value for value in graph.input if value.name not in weights]
    del graph.input[:]
    graph.input.extend(kept)


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Rename values everywhere; a value that has a new name already makes room for it."""
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    taken |= {tensor.name for tensor in graph.initializer}
    for new in set(names.values()) & (taken - set(names)):
        spare = f"{new}_"
        while spare in taken:
            spare += "_"
        names = {**names, new: spare}
    _rename_in(graph, names)


def _rename_in(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    for part in (graph.input, graph.output, graph.value_info, graph.initializer):
        for named in part:
            named.name = names.get(named.name, named.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for attribute in node.attribute:
            for body in (attribute.g, *attribute.graphs):
                _rename_in(body, names)
