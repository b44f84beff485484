"""Reading and changing ONNX graphs: names, shapes, nodes in front and at the end."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from builder.errors import ContractError
from builder.messages import one_line

Dims = list[int | str]


def inputs_of(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """List a graph's inputs without the weights, which old exporters list there too."""
    weights = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in weights]


def dims(value: onnx.ValueInfoProto) -> Dims:
    """Return a value's shape; an open dimension is its name, or "?"."""
    return [
        dim.dim_value if dim.WhichOneof("value") == "dim_value" else dim.dim_param or "?"
        for dim in value.type.tensor_type.shape.dim
    ]


def shape_text(shape: Sequence[int | str]) -> str:
    """Write a shape for messages."""
    return f"[{', '.join(str(size) for size in shape)}]"


def type_name(value: onnx.ValueInfoProto) -> str:
    """Name a value's element type as numpy does."""
    kind = value.type.tensor_type.elem_type
    name = str(onnx.TensorProto.DataType.Name(kind)).lower()
    return {"float": "float32", "double": "float64"}.get(name, name)


def value_info(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
    """Describe a float32 value of a fixed shape."""
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape))


def contents(tensor: onnx.TensorProto) -> NDArray[np.generic]:
    """Read a tensor's numbers.

    Raises:
        ContractError: it holds more or fewer than its shape says.
    """
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise ContractError(f"the tensor {tensor.name!r} is damaged: {one_line(error)}") from error


def subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """Yield the bodies of a node's branches and loops."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """Yield a graph and every body inside it."""
    yield graph
    for node in graph.node:
        for body in subgraphs(node):
            yield from all_graphs(body)


def names_in(graph: onnx.GraphProto) -> set[str]:
    """Collect the names of all values, those of bodies too."""
    found = {part.name for part in (*graph.input, *graph.output, *graph.initializer)}
    for node in graph.node:
        found.update(node.input, node.output)
        for body in subgraphs(node):
            found |= names_in(body)
    return found


def reads(graph: onnx.GraphProto, name: str) -> list[onnx.NodeProto] | None:
    """List the nodes that read a value; None when a body or a graph output takes it too."""
    if any(value.name == name for value in graph.output):
        return None
    if any(name in names_in(body) for node in graph.node for body in subgraphs(node)):
        return None
    return [node for node in graph.node if name in node.input]


def rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Rename values everywhere; a value that has a new name already makes room for it."""
    taken = names_in(graph)
    for new in set(names.values()) & (taken - set(names)):
        names = {**names, new: _unused(new, taken | set(names.values()))}
    _rename_in(graph, names)


def _rename_in(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    for part in (graph.input, graph.output, graph.value_info, graph.initializer):
        for named in part:
            named.name = names.get(named.name, named.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for body in subgraphs(node):
            _rename_in(body, names)


def _unused(wanted: str, taken: set[str]) -> str:
    while wanted in taken:
        wanted += "_"
    return wanted


class Editor:
    """A graph under change: takes new nodes and constants, under names of their own."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self._taken = names_in(graph)
        self._pending: list[onnx.NodeProto] = []

    def name(self, hint: str) -> str:
        """Reserve a name that no value has."""
        name = _unused(hint, self._taken)
        self._taken.add(name)
        return name

    def constant(self, hint: str, contents: NDArray[np.generic]) -> str:
        """Store a constant; return its name."""
        name = self.name(hint)
        self.graph.initializer.append(
            numpy_helper.from_array(np.asarray(contents, order="C"), name)
        )
        return name

    def node(self, kind: str, inputs: Sequence[str], hint: str, **attributes: Any) -> str:
        """Make a node with one output, to be placed later; return the output's name."""
        name = self.name(hint)
        self._pending.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def place_in_front(self, last: str, output: str) -> None:
        """Put the pending nodes ahead of all others; ``last`` is renamed to ``output``."""
        for node in self._pending:
            node.output[:] = [output if name == last else name for name in node.output]
        nodes = [*self._pending, *self.graph.node]
        self._pending = []
        del self.graph.node[:]
        self.graph.node.extend(nodes)

    def place_at_the_end(self) -> None:
        """Put the pending nodes behind all others."""
        self.graph.node.extend(self._pending)
        self._pending = []
