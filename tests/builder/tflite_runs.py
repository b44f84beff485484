"""Runs one small TFLite file by the importer + onnxruntime and by the TFLite interpreter."""

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_maker import Maker

from builder.importers import import_model

# float32 sums of at most a hundred products of numbers around 3, in another order
TOLERANCE = {"rtol": 1e-5, "atol": 1e-4}


def check_op(name, operands, expected, options=None):
    """Compare one op with NumPy's answer and with the interpreter's.

    Float operands are fed at run time, those in a `Fixed` are constants of the file.
    """
    maker, expected = Maker(), expected if isinstance(expected, list) else [expected]
    fed = [x for x in operands if not isinstance(x, Fixed)]
    numbers_ = [
        maker.constant(x.contents, x.contents.dtype.name)
        if isinstance(x, Fixed)
        else maker.tensor(*x.shape)
        for x in operands
    ]
    inputs = [n for n, x in zip(numbers_, operands, strict=True) if not isinstance(x, Fixed)]
    outputs = [maker.tensor(*y.shape, dtype=y.dtype.name) for y in expected]
    maker.op(name, numbers_, outputs, options)
    data = maker.write(inputs, outputs)
    got, theirs = by_importer(data, fed), by_interpreter(data, fed)
    for mine, wanted, reference in zip(got, expected, theirs, strict=True):
        assert mine.shape == wanted.shape
        assert mine.dtype == wanted.dtype
        np.testing.assert_allclose(mine, wanted, **TOLERANCE)
        np.testing.assert_allclose(mine, reference, **TOLERANCE)


class Fixed:
    """An operand that is a constant of the file: integers as int32, numbers as float32."""

    def __init__(self, contents):
        array = np.asarray(contents)
        self.contents = array.astype(np.float32 if array.dtype.kind == "f" else np.int32)


def by_importer(data: bytes, inputs, quantized="float"):
    """Import and run; NHWC in, NHWC out. Returns the outputs in the file's order."""
    model = import_model(data, "tflite", "made.tflite", quantized=quantized)
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
