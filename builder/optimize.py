"""onnxruntime's own optimisations, made once by the builder instead of at each start of a page.

Before it runs a model the runtime folds constants and fuses nodes (a convolution with its
activation, a cast with the weights behind it). In a browser that takes more time than all else that
a session does at its start, most of it for compiling code that never runs again. This is what
onnxruntime calls the offline mode of its graph optimisations: they are made here, and the page
tells the runtime to run the graph as it is written.
"""

import tempfile
from pathlib import Path

import onnx

from builder.contract import check_contract
from builder.contract.runtime import open_session
from builder.errors import QuantizeError
from builder.messages import one_line

# What is not ONNX's own and may come out of it. These are known to run in onnxruntime-web; a graph
# with any other would have to be proved there first.
WEB_FUSIONS = frozenset({"FusedConv"})


def optimize(model: onnx.ModelProto) -> onnx.ModelProto:
    """Make the graph that onnxruntime would make of a model when it loads it for the CPU.

    The level is "extended": what goes beyond it is laid out for the builder's own processor.

    Args:
        model: keeps the contract; it is not changed.

    Returns:
        A graph for onnxruntime alone, to be run as it is written; the same bytes for the same
        model.

    Raises:
        ContractError: the model does not keep the contract.
        QuantizeError: onnxruntime cannot load it, or fuses what onnxruntime-web may not have.
    """
    check_contract(model)
    result = _optimized(model)
    foreign = {node.op_type for node in result.graph.node if node.domain not in ("", "ai.onnx")}
    if foreign - WEB_FUSIONS:
        names = ", ".join(sorted(foreign - WEB_FUSIONS))
        raise QuantizeError(f"onnxruntime fuses it to {names}, which is not proved on the web")
    # The runtime keeps them in hash tables, in another order each time.
    tensors = sorted(result.graph.initializer, key=lambda tensor: str(tensor.name))
    own = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in tensors]
    del result.graph.initializer[:], result.graph.value_info[:]
    result.graph.initializer.extend(own)
    used = {node.domain for node in result.graph.node} | {""}
    domains = [entry for entry in result.opset_import if entry.domain in used]
    kept = [(entry.domain, entry.version) for entry in sorted(domains, key=lambda e: e.domain)]
    del result.opset_import[:]
    result.opset_import.extend(onnx.helper.make_opsetid(*entry) for entry in kept)
    check_contract(result)
    return result


def _optimized(model: onnx.ModelProto) -> onnx.ModelProto:
    """Have the runtime write the graph down, which it does into a file only."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    try:
        with tempfile.TemporaryDirectory(prefix="livematte-") as scratch:
            file = Path(scratch) / "optimized.onnx"
            open_session(model, write_to=file)
            written: onnx.ModelProto = onnx.ModelProto.FromString(file.read_bytes())
            return written
    except OSError as error:
        raise QuantizeError(
            f"onnxruntime needs a folder for its temporary files ({error.strerror}); set TMPDIR to"
            " one with free space"
        ) from error
    except (
        state.Fail, state.InvalidArgument, state.InvalidGraph, state.NotImplemented,
        state.RuntimeException,
    ) as error:  # fmt: skip
        raise QuantizeError(f"onnxruntime cannot optimise it: {one_line(error)}") from error
