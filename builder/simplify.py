"""Simplifies a model's graph with onnxsim: constants folded, dead ends cut, shapes fixed."""

import logging

import onnx

from builder.contract import check_contract
from builder.errors import ModelImportError
from builder.messages import one_line

log = logging.getLogger(__name__)


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the same computation in fewer nodes; the model itself is not changed.

    Args:
        model: a model that keeps the contract (its shapes are fixed, so everything that depends
            on shapes folds).

    Returns:
        A model that keeps the contract, without the notes that only editors show.

    Raises:
        ContractError: the model does not keep the contract.
        ModelImportError: onnxsim cannot read the graph.
    """
    import onnxsim

    check_contract(model)
    try:
        simplified, _ = onnxsim.simplify(model)
    except (RuntimeError, ValueError) as error:
        raise ModelImportError(f"onnxsim cannot simplify the model: {one_line(error)}") from error
    result: onnx.ModelProto = simplified
    del result.graph.value_info[:]  # every runtime infers the inner shapes itself
    result.doc_string = result.graph.doc_string = ""
    for node in result.graph.node:
        node.doc_string = ""
    check_contract(result)
    log.debug("simplified %d nodes to %d", len(model.graph.node), len(result.graph.node))
    return result
