"""A view of a model's graph that rewrites read and change: who makes a value, who takes it.

Values are named by strings, as in ONNX. The view works on a copy; `Graph.model` hands it out, or
the very model that came in where nothing was changed.
"""

import heapq
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper, shape_inference

Array = NDArray[Any]
Shape = tuple[int, ...]
Rule = Callable[["Graph", onnx.NodeProto], bool]

# From here on Pad, Squeeze, Clip and Slice take their settings as inputs, as the rewrites write
# them; older graphs are left alone.
OLDEST_OPSET = 13


def rewrite_nodes(model: onnx.ModelProto, op_types: Iterable[str], rule: Rule) -> onnx.ModelProto:
    """Apply a rule to every node of some types until it applies nowhere.

    Args:
        model: any valid model; it is not changed.
        op_types: the types of the nodes that the rule looks at.
        rule: changes the graph and says True, or leaves it as it is and says False. Each change
            must remove what it applied to, so that this ends.

    Returns:
        The rewritten model, or ``model`` itself where the rule applied nowhere.
    """
    graph = Graph(model)
    if graph.opset < OLDEST_OPSET or graph.has_subgraphs:
        return model
    wanted = frozenset(op_types)
    while any(rule(graph, node) for node in graph.nodes if node.op_type in wanted):
        pass
    return graph.model


class Graph:
    """A model's graph, indexed."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._original = model
        self._model = onnx.ModelProto()
        self._model.CopyFrom(model)
        self._changed = False
        self._shapes: dict[str, Shape] | None = None
        self._index()

    @property
    def model(self) -> onnx.ModelProto:
        """The rewritten model, or the one that came in when nothing was rewritten."""
        return self._model if self._changed else self._original

    @property
    def opset(self) -> int:
        """The version of the standard operators."""
        versions = [o.version for o in self._model.opset_import if o.domain in ("", "ai.onnx")]
        return versions[0] if versions else 0

    @property
    def has_subgraphs(self) -> bool:
        """Whether a node (If, Loop, Scan) holds a graph of its own, which no rewrite looks into."""
        kinds = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
        return any(a.type in kinds for node in self._model.graph.node for a in node.attribute)

    @property
    def nodes(self) -> list[onnx.NodeProto]:
        """All nodes, in an order in which they can run."""
        return list(self._model.graph.node)

    @property
    def inputs(self) -> list[str]:
        """The values that the graph is given."""
        return [value.name for value in self._model.graph.input]

    @property
    def outputs(self) -> list[str]:
        """The values that the graph answers with."""
        return [value.name for value in self._model.graph.output]

    def producer(self, value: str, op_type: str | None = None) -> onnx.NodeProto | None:
        """Return the node that makes a value, if it is one of the wanted type."""
        node = self._producers.get(value)
        return node if node is not None and op_type in (None, node.op_type) else None

    def consumers(self, value: str) -> list[onnx.NodeProto]:
        """Return the nodes that take a value, each once."""
        return self._consumers.get(value, [])

    def only_consumer(self, value: str, op_type: str | None = None) -> onnx.NodeProto | None:
        """Return the node that alone takes a value that is no output, if of the wanted type."""
        nodes = self.consumers(value)
        if len(nodes) != 1 or value in self.outputs or list(nodes[0].input).count(value) != 1:
            return None
        return nodes[0] if op_type in (None, nodes[0].op_type) else None

    def constant(self, value: str) -> Array | None:
        """Return a constant's elements, or None for a value that is computed."""
        tensor = self._constants.get(value)
        return None if tensor is None else numpy_helper.to_array(tensor)

    def scalar(self, value: str) -> float | None:
        """Return a constant of one element as a number."""
        array = self.constant(value)
        return float(array.reshape(())) if array is not None and array.size == 1 else None

    def shape(self, value: str) -> Shape | None:
        """Return a value's shape where it is fixed and known."""
        tensor = self._constants.get(value)
        if tensor is not None:
            return tuple(tensor.dims)
        if self._shapes is None:
            self._shapes = _shapes(self._model)
        return self._shapes.get(value)

    def constant_value(self, array: Array, hint: str) -> str:
        """Add a constant and return its name."""
        name = self._fresh(hint)
        tensor = numpy_helper.from_array(np.ascontiguousarray(array), name)
        self._model.graph.initializer.append(tensor)
        self._constants[name] = self._model.graph.initializer[-1]
        return name

    def ints(self, *numbers: int) -> str:
        """Add a one-dimensional int64 constant, as shapes and pads are given."""
        return self.constant_value(np.array(numbers, np.int64), "ints")

    def number(self, value: float) -> str:
        """Add a float32 scalar."""
        return self.constant_value(np.array(value, np.float32), "number")

    def add(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        output = self._fresh(op_type.lower())
        node = helper.make_node(op_type, list(inputs), [output], name=output, **attributes)
        self._model.graph.node.append(node)
        self._producers[output] = self._model.graph.node[-1]  # append has copied it
        return output

    def copy(self, node: onnx.NodeProto, *inputs: str) -> str:
        """Add a node like another one on other inputs; both have one output."""
        output = self.add(node.op_type, *inputs, domain=node.domain)
        self._producers[output].attribute.extend(node.attribute)
        return output

    def reshape(self, value: str, *shape: int) -> str:
        """Add a Reshape to a fixed shape."""
        return self.add("Reshape", value, self.ints(*shape))

    def replace(self, old: str, new: str) -> None:
        """Let every consumer of ``old`` take ``new``; what nobody needs any more goes.

        A graph's output keeps its name. ``new`` must not be made from ``old``.
        """
        if old in self.outputs:
            if new not in self._producers or new in self.outputs:
                new = self.add("Identity", new)
            self._swap_names(old, new)
        else:
            self.redirect(old, new)
        self.settle()

    def redirect(self, old: str, new: str) -> None:
        """Let every node that takes ``old`` take ``new``; call `settle` when all is done."""
        for node in self._model.graph.node:
            node.input[:] = [new if name == old else name for name in node.input]

    def settle(self) -> None:
        """Sort the nodes, drop what no output needs, and index the graph again."""
        self._changed = True
        graph = self._model.graph
        ordered = _needed_in_order(list(graph.node), self.outputs)
        del graph.node[:]
        graph.node.extend(ordered)
        used = {name for node in ordered for name in node.input} | set(self.outputs)
        kept = [tensor for tensor in graph.initializer if tensor.name in used]
        del graph.initializer[:]
        graph.initializer.extend(kept)
        del graph.value_info[:]
        self._index()

    def _swap_names(self, old: str, new: str) -> None:
        """Give the maker of ``new`` the output's name; the old maker's answer becomes nameless."""
        spare = self._fresh(old)
        renamed = {old: spare, new: old}
        for node in self._model.graph.node:
            node.output[:] = [renamed.get(name, name) for name in node.output]
            node.input[:] = [old if name in renamed else name for name in node.input]

    def _index(self) -> None:
        graph = self._model.graph
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._producers = {name: node for node in graph.node for name in node.output if name}
        self._consumers: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.node:
            for name in dict.fromkeys(node.input):
                self._consumers.setdefault(name, []).append(node)
        self._names = {*self._constants, *self._producers, *(value.name for value in graph.input)}
        self._shapes = None

    def _fresh(self, hint: str) -> str:
        number = 0
        while f"{hint}_{number}" in self._names:
            number += 1
        name = f"{hint}_{number}"
        self._names.add(name)
        return name


def attribute(node: onnx.NodeProto, name: str, default: Any) -> Any:
    """Return a node's attribute, text as str, or the default where it has none."""
    for candidate in node.attribute:
        if candidate.name == name:
            value = helper.get_attribute_value(candidate)
            return value.decode() if isinstance(value, bytes) else value
    return default


def _shapes(model: onnx.ModelProto) -> dict[str, Shape]:
    """Infer the shapes of all values; those that are not fixed are left out."""
    inferred = shape_inference.infer_shapes(model).graph
    shapes = {}
    for value in (*inferred.input, *inferred.output, *inferred.value_info):
        dims = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(d.dim_value > 0 for d in dims):
            shapes[value.name] = tuple(d.dim_value for d in dims)
    return shapes


def _needed_in_order(nodes: list[onnx.NodeProto], outputs: list[str]) -> list[onnx.NodeProto]:
    """Return copies of the nodes that the outputs need, each after those that it needs.

    Nodes keep their order where they can, so that a graph's bytes depend on its rewrites alone.
    """
    makers = {name: index for index, node in enumerate(nodes) for name in node.output if name}
    needs: dict[int, set[int]] = {}
    found = [makers[name] for name in outputs if name in makers]
    while found:
        index = found.pop()
        if index not in needs:
            needs[index] = {makers[name] for name in nodes[index].input if name in makers}
            found += needs[index]
    waiting = {index: len(needed) for index, needed in needs.items()}
    ready = sorted(index for index, count in waiting.items() if count == 0)
    ordered = []
    while ready:
        done = heapq.heappop(ready)
        node = onnx.NodeProto()
        node.CopyFrom(nodes[done])
        ordered.append(node)
        for index, needed in needs.items():
            if done in needed:
                waiting[index] -= 1
                if waiting[index] == 0:
                    heapq.heappush(ready, index)
    return ordered
