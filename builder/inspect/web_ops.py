"""Which of a model's ops onnxruntime-web has; ``assets/web-ops.json`` says how that is known.

``scripts/web_ops.py`` writes that file from the very package that the page is built with.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from builder import paths

if TYPE_CHECKING:
    import onnx

BACKENDS = ("wasm", "webgpu")


@cache
def web_ops() -> dict[str, Any]:
    """The table: ``runtime``, ``wasm`` and ``wasmLacks`` by name, ``webgpu`` with opsets."""
    found: dict[str, Any] = json.loads((paths.PACKAGE_DIR / "assets/web-ops.json").read_bytes())
    return found


def lacking_ops(model: "onnx.ModelProto") -> dict[str, tuple[str, ...]]:
    """List a model's ops that a backend lacks, by backend.

    A model with an op that ``wasm`` lacks does not run; one that ``webgpu`` lacks runs on the CPU
    between two copies, which is slow. ``untried`` holds ops of other domains on wasm, of which
    the table knows nothing.
    """
    table = web_ops()
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    found: dict[str, set[str]] = {"wasm": set(), "webgpu": set(), "untried": set()}
    bodies = {(function.domain, function.name) for function in model.functions}
    for domain, name in _ops(model.graph):
        if (domain, name) in bodies:
            continue
        known = f"{domain}.{name}" if domain else name
        if name not in table["wasm"] or domain:
            found["wasm" if not domain and name in table["wasmLacks"] else "untried"].add(known)
        if not _covers(table["webgpu"].get(known, ""), opsets.get(domain, 1)):
            found["webgpu"].add(known)
    return {backend: tuple(sorted(names)) for backend, names in found.items()}


def _ops(graph: "onnx.GraphProto") -> Iterator[tuple[str, str]]:
    from builder.contract.graph import subgraphs

    for node in graph.node:
        if node.op_type != "Constant":  # becomes a weight before any backend sees it
            yield ("" if node.domain == "ai.onnx" else node.domain), node.op_type
        for body in subgraphs(node):
            yield from _ops(body)


def _covers(ranges: str, opset: int) -> bool:
    """Whether an opset is in a list of ranges like ``7-8,9+``."""
    for part in filter(None, ranges.split(",")):
        first, _, last = part.rstrip("+").partition("-")
        if int(first) <= opset and (part.endswith("+") or opset <= int(last or first)):
            return True
    return False
