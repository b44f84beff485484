"""Small real media files, and a model whose alpha is known: the picture's red channel."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import onnx
from contract_models import model, value
from onnx import helper

SIZE = (48, 64)  # height, width: even, so that every codec holds it


def red_model(height: int = 24, width: int = 32) -> onnx.ModelProto:
    """Keeps the contract; alpha is the frame's red, 0..1."""
    nodes = [helper.make_node("Split", ["frame"], ["alpha", "g", "b"], axis=1, num_outputs=3)]
    ends = [value("frame", 1, 3, height, width)], [value("alpha", 1, 1, height, width)]
    return model(nodes, *ends, opset=18)


def half_red(height: int = SIZE[0], width: int = SIZE[1], level: int = 0) -> np.ndarray:
    """Left half red (person, to the red model), right half ``level`` blue."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = 255
    picture[:, width // 2 :, 2] = level
    return picture


def write_video(  # noqa: PLR0913 -- one knob a test
    path: Path,
    frames: list[np.ndarray],
    *,
    rate: Fraction = Fraction(30),
    codec: str = "libx264",
    audio: str | None = None,
    times: list[Fraction] | None = None,
    rotation: int = 0,
    tag: int | None = None,
    pixels: str | None = None,
) -> Path:
    """Encode frames; ``audio`` adds a second of silence in that codec."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        height, width = frames[0].shape[:2]
        stream.width, stream.height = width, height
        stream.pix_fmt = pixels or ("yuv444p" if height % 2 or width % 2 else "yuv420p")
        if times:
            stream.codec_context.time_base = Fraction(1, 90000)
        if tag is not None:
            stream.codec_context.colorspace = tag
        if rotation:
            stream.set_display_rotation(rotation)
        sound = container.add_stream(audio, rate=48000) if audio else None
        for i, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            if tag is not None:
                frame = frame.reformat(format=stream.pix_fmt, dst_colorspace=tag)
            if times:
                frame.pts, frame.time_base = round(times[i] * 90000), Fraction(1, 90000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            add_silence(container, sound)
    return path


def add_silence(container: av.container.OutputContainer, sound: av.AudioStream) -> None:
    """Encode about a second of silence."""
    size = sound.codec_context.frame_size or 960
    layout = sound.codec_context.layout.name
    channels = len(sound.codec_context.layout.channels)
    for i in range(48000 // size):
        form = sound.codec_context.format.name
        shape = (channels, size) if form.endswith("p") else (1, channels * size)
        kind = np.float32 if form.startswith("flt") else np.int16
        frame = av.AudioFrame.from_ndarray(np.zeros(shape, kind), format=form, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = 48000, i * size, Fraction(1, 48000)
        container.mux(sound.encode(frame))
    container.mux(sound.encode())


def read_video(path: Path) -> tuple[list[np.ndarray], list[Fraction], Fraction, list[str]]:
    """Frames, their times, the average rate and the sound's codecs, by PyAV alone."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoded = list(container.decode(stream))
        return (
            [frame.to_ndarray(format="rgb24") for frame in decoded],
            [frame.pts * frame.time_base for frame in decoded],
            stream.average_rate,
            [s.codec_context.name for s in container.streams.audio],
        )
