"""Smaller variants of a model: fp16 weights and int8 static QDQ.

Each keeps the contract with float32 ends; whether one is good enough to ship is not decided here.
"""

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

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
# A Cast node with its names takes about as many bytes as fp16 saves on this many weights.
FP16_MIN_ELEMENTS = 64
FP16_MAX = float(np.finfo(np.float16).max)


def fp16_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the weights in fp16, each behind a Cast to float32.

    The runtime folds the casts when it loads the model, so it computes in float32 as before: the
    file halves, nothing else changes, and no runtime needs fp16 arithmetic. Tensors too small to
    gain by it and those whose range fp16 does not have stay in float32.

    Raises:
        ContractError: the model does not keep the contract.
    """
    check_contract(model)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if values.size < FP16_MIN_ELEMENTS or np.abs(values).max() > FP16_MAX:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_h"))
        casts.append(helper.make_node("Cast", [f"{name}_h"], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])  # ahead of their readers, as ONNX demands
    log.debug("%d of %d tensors stored in fp16", len(casts), len(graph.initializer))
    return result


def int8_qdq(model: onnx.ModelProto, frames: Sequence[NDArray[np.float32]]) -> onnx.ModelProto:
    """Quantise to int8 with QuantizeLinear/DequantizeLinear pairs, calibrated on frames.

    Static: the activations' ranges (uint8) are the percentiles met on ``frames``; the weights
    (int8) have a scale for each output channel.

    Args:
        model: keeps the contract, simplified; it is not changed.
        frames: float32 ``[1, 3, H, W]``, RGB 0..1, real portraits at the model's size; a
            recurrent model is calibrated on them as on one clip.

    Raises:
        ContractError: the model does not keep the contract.
        QuantizeError: no frames, or onnxruntime cannot quantise the model.
        VerifyError: the model cannot be run on the frames.
    """
    from onnxruntime import quantization

    check_contract(model)
    if not frames:
        raise QuantizeError("int8 needs pictures to calibrate on; give at least one")
    own = onnx.ModelProto()
    own.CopyFrom(model)  # onnxruntime writes into what it is given
    try:
        # onnxruntime hands its result over in a file, and keeps its own files beside none of ours.
        with tempfile.TemporaryDirectory(prefix="livematte-") as scratch, _quiet():
            target = Path(scratch) / "int8.onnx"
            quantization.quantize_static(
                own,
                target,
                _reader([feeds for feeds, _ in steps(model, frames)]),
                op_types_to_quantize=INT8_OPS,
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                calibrate_method=quantization.CalibrationMethod.Percentile,
                # A stride of 1 keeps the activations of one frame in memory, not of all.
                extra_options={
                    "CalibPercentile": CALIBRATION_PERCENTILE,
                    "CalibStridedMinMax": 1,
                },
            )
            result = onnx.load(target)
    except OSError as error:
        raise QuantizeError(
            f"int8 needs a folder for its temporary files ({error.strerror}); set TMPDIR to one"
            " with free space"
        ) from error
    except (RuntimeError, ValueError) as error:
        raise QuantizeError(f"onnxruntime cannot quantise the model: {one_line(error)}") from error
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
