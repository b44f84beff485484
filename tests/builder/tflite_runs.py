"""Runs one small TFLite file by the importer + onnxruntime and by the TFLite interpreter."""

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from builder.importers import import_model


def by_importer(data: bytes, inputs):
    """Import and run; NHWC in, NHWC out. Returns the outputs in the file's order."""
    model = import_model(data, "tflite", "made.tflite")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [value.name for value in session.get_inputs()]
    fed = {name: _nchw(x) for name, x in zip(names, inputs, strict=True)}
    return [_nhwc(y) for y in session.run(None, fed)]


def by_interpreter(data: bytes, inputs):
    """TFLite's reference kernels (not the optimised ones)."""
    interpreter = Interpreter(
        model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    for detail, x in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def numbers(shape, seed=0):
    """Reproducible float32 numbers around zero, a few beyond ±6."""
    return (np.random.default_rng([seed, *shape]).normal(size=shape) * 3).astype(np.float32)


def _nchw(x):
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if x.ndim == 4 else x


def _nhwc(y):
    return y.transpose(0, 2, 3, 1) if y.ndim == 4 else y
