"""The Python reference of a frame's way: sample → segment → upsample → effect → file.

The browser's engine is measured against this. A frame, or the person's region of it (see
``tracker``), is resized to the model's size by ``resample.resize``, divided by 255, run, and its
alpha is resized to what was seen and put back there.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from builder import effects, media
from builder.effects import Effect
from builder.errors import ContractError, MediaError
from builder.resample import resize
from builder.tracker import Tracker

if TYPE_CHECKING:
    import onnx

    from builder.video import VideoReader

# Called after each frame with the frames done and the number in all, where that is known.
Progress = Callable[[int, int | None], None]

_CAMERA_WARM_UP = 15  # frames until exposure and white balance have settled


class Segmenter:
    """Runs a model that keeps the contract, with onnxruntime on the CPU.

    ``height`` and ``width`` are the model's input size. One object may be used from several
    threads at once.

    Raises:
        ContractError: the model does not keep the contract, or onnxruntime refuses it.
    """

    def __init__(self, model: "bytes | Path | onnx.ModelProto", *, threads: int = 1) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(
                _model_bytes(model), options, providers=["CPUExecutionProvider"]
            )
        except _runtime_errors() as error:
            raise ContractError(
                f"the model cannot be run: {' '.join(str(error).split())}; convert it first"
            ) from error
        self.height, self.width = _contract_size(self._session)
        # Every picture is the first one to a recurrent model here.
        self._states = {
            state.name: np.zeros(state.shape, np.float32)
            for state in self._session.get_inputs()[1:]
        }

    def model_alpha(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Picture uint8 ``[H, W, 3]`` → the model's own alpha float32 ``[height, width]`` 0..1.

        Raises:
            ContractError: the model answered something that is no number.
        """
        small = resize(rgb, self.height, self.width) / np.float32(255)
        frame = np.ascontiguousarray(small.transpose(2, 0, 1)[None])  # [1, 3, H, W] RGB 0..1
        fed = {"frame": frame, **self._states}
        alpha: NDArray[np.float32] = self._session.run(["alpha"], fed)[0][0, 0]
        if not np.isfinite(alpha).all():
            raise ContractError(
                "the model answers NaN or infinity; convert it again from its source"
            )
        return alpha

    def alpha(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Picture uint8 ``[H, W, 3]`` → alpha float32 ``[H, W]`` 0..1 at the picture's size."""
        return resize(self.model_alpha(rgb), *rgb.shape[:2])


@dataclass(frozen=True)
class Prediction:
    """What was written: ``kind`` is "picture" or "video"."""

    output: Path
    kind: media.Kind
    width: int
    height: int
    frames: int


@dataclass(frozen=True)
class _Way:
    """A frame's way with all its settings."""

    tracker: Tracker
    effect: Effect
    threshold: float
    ramp: tuple[float, float] | None

    def __call__(self, rgb: NDArray[np.uint8], time_s: float = 0.0) -> NDArray[np.uint8]:
        alpha = self.tracker.alpha(rgb, time_s)
        looks = self.tracker.looks
        return effects.apply(
            self.effect, rgb, alpha, threshold=self.threshold, ramp=self.ramp, looks=looks
        )


def predict_file(
    source: str | Path | int,
    output: Path,
    segmenter: Segmenter | Tracker,
    effect: Effect,
    *,
    threshold: float = 0.5,
    ramp: tuple[float, float] | None = None,
    progress: Progress | None = None,
    max_seconds: float | None = None,
) -> Prediction:
    """Matte a picture, a video or a camera into ``output``.

    A picture gives a picture and a video a video of the same size, rate and length, with its
    sound where the container can hold it. A camera gives a video until Ctrl-C or
    ``max_seconds``, or one picture; its number is an ``int`` or a string of digits that names no
    file. ``output`` appears only when all went well: after an error, what was there before still
    is.

    Args:
        source: a file, or a camera's number.
        output: its suffix says what is written.
        segmenter: the model, on whole frames, each on its own; or a new tracker, which follows
            the person and blends over time as the browser does, and brings its looks along.
        effect: what is drawn; see ``effects``.
        threshold: see ``effects``.
        ramp: see ``effects``.
        progress: called after each frame.
        max_seconds: when a camera's recording ends.

    Raises:
        MediaError: a source that cannot be read, a target that cannot be written, or two that do
            not go together.
    """
    way = _Way(_tracker(segmenter), effect, threshold, ramp)
    target = media.output_kind(output)
    camera = _camera_index(source)
    if camera is None:
        return _file(Path(str(source)), output, target, way, progress)
    from builder.camera import open_camera

    with open_camera(camera) as reader:
        if target == "picture":
            return _picture(_settled_frame(reader), output, way, progress)
        return _video(reader, output, way, progress, max_seconds or math.inf)


def _tracker(segmenter: Segmenter | Tracker) -> Tracker:
    if isinstance(segmenter, Tracker):
        return segmenter
    return Tracker(segmenter, roi=False, steadiness=0)


def _file(
    source: Path, output: Path, target: media.Kind, way: _Way, progress: Progress | None
) -> Prediction:
    kind = media.source_kind(source)
    if output.exists() and output.samefile(source):
        raise MediaError(f"{output}: is the source itself; write to another name")
    if kind == "picture":
        if target != "picture":
            raise MediaError(f"{output}: {source} is a picture; write .png, .jpg or .webp")
        return _picture(media.read_picture(source), output, way, progress)
    from builder.video import open_video

    with open_video(source) as reader:
        if target != "video":
            raise MediaError(f"{output}: {source} is a video; write .mp4, .webm, .mkv or .mov")
        return _video(reader, output, way, progress, math.inf)


def _picture(
    rgb: NDArray[np.uint8], output: Path, way: _Way, progress: Progress | None
) -> Prediction:
    media.write_picture(output, way(rgb))
    if progress:
        progress(1, 1)
    return Prediction(output, "picture", rgb.shape[1], rgb.shape[0], 1)


def _video(
    reader: "VideoReader", output: Path, way: _Way, progress: Progress | None, seconds: float
) -> Prediction:
    from builder.video import Frame, VideoWriter

    size = (0, 0)
    with media.atomic_output(output) as part, VideoWriter(part, str(output), reader) as writer:
        try:
            for item in reader:
                if not isinstance(item, Frame):
                    writer.write_sound(item)
                    continue
                if item.time >= seconds:
                    break
                if not writer.frames:
                    size = item.rgb.shape[:2]
                    way = replace(way, effect=effects.fitted(way.effect, *size))
                writer.write(way(item.rgb, float(item.time)), item.time)
                if progress:
                    progress(writer.frames, reader.total)
        except KeyboardInterrupt:  # the way to end a camera's recording
            if not reader.live or not writer.frames:
                raise
        if not writer.frames:
            raise MediaError(f"{reader.name}: holds no frame that can be read; is it cut short?")
    return Prediction(output, "video", size[1], size[0], writer.frames)


def _settled_frame(reader: "VideoReader") -> NDArray[np.uint8]:
    from builder.video import Frame

    rgb = None
    frames = (item.rgb for item in reader if isinstance(item, Frame))
    for rgb in islice(frames, _CAMERA_WARM_UP + 1):  # noqa: B007 -- the last one is wanted
        pass
    if rgb is None:
        raise MediaError(f"{reader.name}: gives no picture; check that it is not covered or in use")
    return rgb


def _camera_index(source: str | Path | int) -> int | None:
    if isinstance(source, int):
        return source
    text = str(source)
    is_number = text.isascii() and text.isdigit()
    return int(text) if is_number and not Path(text).exists() else None


def _model_bytes(model: "bytes | Path | onnx.ModelProto") -> bytes:
    if isinstance(model, bytes):
        return model
    if not isinstance(model, Path):
        return bytes(model.SerializeToString())
    try:
        return model.read_bytes()
    except OSError as error:
        raise ContractError(f"{model}: cannot be read: {error.strerror}; check the name") from error


def _runtime_errors() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.InvalidProtobuf, state.InvalidGraph, state.InvalidArgument,
        state.NotImplemented, state.Fail, state.RuntimeException,
    )  # fmt: skip


def _contract_size(session: Any) -> tuple[int, int]:
    """Check names, types and shapes of the contract; ``(height, width)``."""
    inputs = [(i.name, i.type, list(i.shape)) for i in session.get_inputs()]
    outputs = [(o.name, o.type, list(o.shape)) for o in session.get_outputs()]
    height, width = inputs[0][2][2:] if inputs and len(inputs[0][2]) == 4 else (0, 0)
    pairs = [(name.removesuffix("_in"), kind, shape) for name, kind, shape in inputs[1:]]
    back = [(name.removesuffix("_out"), kind, shape) for name, kind, shape in outputs[1:]]
    if (
        isinstance(height, int)
        and isinstance(width, int)
        and inputs[0] == ("frame", "tensor(float)", [1, 3, height, width])
        and outputs[:1] == [("alpha", "tensor(float)", [1, 1, height, width])]
        and pairs == back
        and [name for name, _, _ in pairs] == [f"state{n}" for n in range(len(pairs))]
    ):
        return height, width
    raise ContractError(
        "the model does not keep the contract (frame [1, 3, H, W] → alpha [1, 1, H, W], float32): "
        f"it has {inputs} → {outputs}; convert it first"
    )
