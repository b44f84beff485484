"""Quantised operands, and one quantised op by the importer and by the TFLite interpreter."""

from dataclasses import dataclass

import numpy as np
from tflite_maker import Maker, Steps
from tflite_runs import by_importer, by_interpreter

MODES = ("float", "qdq")


@dataclass(frozen=True)
class Stored:
    """Integers and what they stand for; ``fixed`` ones are constants of the file."""

    data: np.ndarray
    steps: Steps
    fixed: bool = False

    @property
    def real(self):
        return real(self.data, self.steps)


def real(data, steps):
    """The numbers that integers stand for."""
    shape = [1] * data.ndim
    if len(steps.scales) > 1:
        shape[steps.axis] = -1
    scales = np.reshape(steps.scales, shape if len(steps.scales) > 1 else ())
    zeros = np.reshape(steps.zero_points, shape if len(steps.zero_points) > 1 else ())
    return ((data.astype(np.float64) - zeros) * scales).astype(np.float32)


def stored(shape, dtype, steps, seed=0, *, fixed=False, low=None, high=None):
    """Reproducible integers over the whole type, or from ``low`` to ``high``."""
    limits = np.iinfo(dtype)
    low, high = limits.min if low is None else low, limits.max if high is None else high
    rng = np.random.default_rng([seed, *shape])
    return Stored(rng.integers(low, high, shape, dtype, endpoint=True), steps, fixed)


def signed(steps, dtype):
    """The same range for int8 as for uint8: zero points lie 128 lower."""
    if dtype == "uint8":
        return steps
    return Steps(steps.scales, tuple(zero - 128 for zero in steps.zero_points), steps.axis)


def put(maker, operand):
    """Add an operand to the file; plain arrays are constants."""
    if not isinstance(operand, Stored):
        return maker.constant(operand, np.asarray(operand).dtype.name)
    kind = operand.data.dtype.name
    if operand.fixed:
        return maker.constant(operand.data, kind, steps=operand.steps)
    return maker.tensor(*operand.data.shape, dtype=kind, steps=operand.steps)


def check_quantised(name, operands, shape, steps, dtype, options=None, within=1.0, modes=MODES):
    """Compare an op with one quantised output in every mode; ``within`` is in the output's steps.

    One step: the interpreter rounds its answer (½), and works in fixed point or by a table, or
    the QDQ form rounds to the neighbour (another ½).
    """
    maker = Maker()
    inputs = [put(maker, operand) for operand in operands]
    out = maker.tensor(*shape, dtype=dtype, steps=steps)
    maker.op(name, inputs, [out], options)
    pairs = zip(inputs, operands, strict=True)
    fed = [(i, x) for i, x in pairs if isinstance(x, Stored) and not x.fixed]
    data = maker.write([index for index, _ in fed], [out])
    (theirs,) = by_interpreter(data, [x.data for _, x in fed])
    assert len(np.unique(theirs)) > 2  # there is something to be wrong about
    expected = real(theirs, steps)
    for mode in modes:
        (got,) = by_importer(data, [x.real for _, x in fed], mode)
        assert got.dtype == np.float32
        # a thousandth of a step for float32's own rounding
        assert np.abs(got - expected).max() <= (within + 1e-3) * steps.scales[0], mode
