"""int8 static QDQ: activations and weights in 8 bits, calibrated on pictures."""

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from builder.contract import check_contract
from builder.errors import QuantizeError
from builder.messages import one_line
from builder.verify import steps

log = logging.getLogger(__name__)

# Convolutions are where the time goes; the ops between them lose accuracy and gain nothing.
INT8_OPS = ["Conv"]
# Activations beyond this percentile on the calibration pictures are clipped: a finer scale for
# the rest. On the default models IoU with fp32 is 0.97 to 0.98 by this and the op list above,
# 0.94 by the plain extremes and all ops.
CALIBRATION_PERCENTILE = 99.99
# Takes the names of the nodes that stay in float32; returns the rest in int8.
Quantise = Callable[[Collection[str]], onnx.ModelProto]


def int8_qdq(
    model: onnx.ModelProto, frames: Sequence[NDArray[np.float32]], keep: Collection[str] = ()
) -> onnx.ModelProto:
    """Quantise to int8 with QuantizeLinear/DequantizeLinear pairs, calibrated on frames.

    Static: the activations' ranges (uint8) are the percentiles met on ``frames``; the weights
    (int8) have a scale for each output channel.

    Args:
        model: keeps the contract, simplified; it is not changed.
        frames: float32 ``[1, 3, H, W]``, RGB 0..1, real portraits at the model's size; a
            recurrent model is calibrated on them as on one clip.
        keep: names of nodes that stay in float32.

    Raises:
        ContractError: the model does not keep the contract.
        QuantizeError: no frames, or onnxruntime cannot quantise the model.
        VerifyError: the model cannot be run on the frames.
    """
    with calibrated(model, frames) as quantise:
        return quantise(keep)


@contextlib.contextmanager
def calibrated(model: onnx.ModelProto, frames: Sequence[NDArray[np.float32]]) -> Iterator[Quantise]:
    """Calibrate once, at the first use, for any number of ways to quantise a model.

    Raises:
        As `int8_qdq`.
    """
    check_contract(model)
    if not frames:
        raise QuantizeError("int8 needs pictures to calibrate on; give at least one")
    runs = [feeds for feeds, _ in steps(model, frames)]
    try:
        # onnxruntime hands its result over in a file, and keeps its own files beside none of ours.
        with tempfile.TemporaryDirectory(prefix="livematte-") as scratch:
            yield lambda keep: _quantised(model, runs, Path(scratch), keep)
    except OSError as error:
        raise QuantizeError(
            f"int8 needs a folder for its temporary files ({error.strerror}); set TMPDIR to one"
            " with free space"
        ) from error


def _quantised(
    model: onnx.ModelProto,
    runs: Sequence[dict[str, NDArray[np.float32]]],
    scratch: Path,
    keep: Collection[str],
) -> onnx.ModelProto:
    from onnxruntime import quantization

    own = onnx.ModelProto()
    own.CopyFrom(model)  # onnxruntime writes into what it is given
    target = scratch / "int8.onnx"
    try:
        with _quiet():
            quantization.quantize_static(
                own,
                target,
                _reader(runs),
                op_types_to_quantize=INT8_OPS,
                nodes_to_exclude=sorted(keep),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                calibrate_method=quantization.CalibrationMethod.Percentile,
                calibration_cache_path=scratch / "ranges.json",
                # A stride of 1 keeps the activations of one frame in memory, not of all.
                extra_options={
                    "CalibPercentile": CALIBRATION_PERCENTILE,
                    "CalibStridedMinMax": 1,
                },
            )
    except (RuntimeError, ValueError) as error:
        raise QuantizeError(f"onnxruntime cannot quantise the model: {one_line(error)}") from error
    result = onnx.load(target)
    del result.graph.value_info[:]
    result.producer_name, result.producer_version = model.producer_name, model.producer_version
    check_contract(result)
    return result


def _reader(runs: Sequence[dict[str, NDArray[np.float32]]]):  # type: ignore[no-untyped-def]
    """Wrap what each run is fed into onnxruntime's CalibrationDataReader, a class without types."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter(runs)

        def __len__(self) -> int:
            return len(runs)

        def set_range(self, start_index: int, end_index: int) -> None:
            self._left = iter(runs[start_index:end_index])

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next(self._left, None)

    return Reader()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what onnxruntime's quantiser says through the root logger and print.

    It advises a preparation (shape inference, simplification) that has been done by then.
    """

    def drop(record: logging.LogRecord) -> bool:
        return record.name != "root"

    root = logging.getLogger()
    root.addFilter(drop)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.removeFilter(drop)
