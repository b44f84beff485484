"""TFLite bytes → ONNX `ModelProto`, in NCHW."""

import logging

import onnx

from builder.importers.onnx import check
from builder.importers.tflite_emitter import Emitter
from builder.importers.tflite_model import Operator
from builder.importers.tflite_op import Op
from builder.importers.tflite_ops import CONVERTERS
from builder.importers.tflite_quantized import Quantized
from builder.importers.tflite_reader import read_graph

log = logging.getLogger(__name__)


def import_tflite(data: bytes, origin: str, quantized: Quantized = "float") -> onnx.ModelProto:
    """Convert a TFLite model.

    Every 4-D tensor turns from NHWC to NCHW, the inputs and outputs included; they keep their
    names. Weights that the file keeps in fp16 behind DEQUANTIZE come out as float32 constants.
    Quantised inputs and outputs become the float32 numbers that they stand for.

    Args:
        data: the whole file.
        origin: the file's name, for messages.
        quantized: how quantised tensors come out. ``float``: weights as float32, activations
            without rounding, though cut off where their type ends. ``qdq``: integers behind
            DequantizeLinear, and a QuantizeLinear and DequantizeLinear after every activation.

    Returns:
        A checked model of opset 17 in which every value has a fixed shape.

    Raises:
        ModelImportError: not a TFLite file, a damaged one, or one with an op or a tensor that the
            importer does not know; the message names it.
    """
    graph = read_graph(data, origin)
    emitter = Emitter(graph, quantized)
    for operator in graph.operators:
        _convert(operator, emitter)
    emitter.where = ""
    model = emitter.finish()
    check(model, origin)
    log.debug("%s: %d TFLite ops became %d nodes", origin, len(graph.operators), len(emitter.nodes))
    return model


def _convert(operator: Operator, emitter: Emitter) -> None:
    emitter.where = f"op {operator.index} ({operator.name}): "
    if operator.name not in CONVERTERS:
        raise emitter.error(
            "this op is not known; the known ones are " + ", ".join(sorted(CONVERTERS))
        )
    CONVERTERS[operator.name](Op(operator, emitter))
    for index in operator.outputs:
        emitter.require_written(index)
