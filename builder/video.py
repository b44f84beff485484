"""Reading and writing videos with PyAV (FFmpeg's libraries).

Frames come out upright, as RGB by the stream's own colour matrix and range; what is written keeps
size, rate, length and, where the container takes its codec, the sound.
"""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.stream import Disposition
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from builder.errors import MediaError
from builder.media import not_readable

log = logging.getLogger(__name__)

# Only containers of moving pictures, from plain files: a playlist could name other files and
# hosts, and the single-picture readers would pass a broken JPEG as a video of one frame.
_INPUT_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf,gif,apng,"
    "yuv4mpegpipe,mjpeg,h264,hevc,ivf",
}
_H264 = ("libx264", "libopenh264", "h264_videotoolbox")  # which of them is there depends on PyAV
_VP9 = ("libvpx-vp9",)
# Near lossless, so that what is seen is the matte's own edge; fast, so that the encoder does not
# outweigh the model.
_ENCODER_OPTIONS = {
    "libx264": {"crf": "16", "preset": "veryfast"},
    "libvpx-vp9": {"crf": "20", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
}
_SD_HEIGHT = 576  # up to here an unlabelled video is BT.601, above it BT.709, as browsers hold it
_TICKS_PER_FRAME = 1000  # finer than a millisecond at any usual rate


@dataclass(frozen=True)
class Frame:
    """One picture of a video: ``rgb`` uint8 ``[H, W, 3]`` and when it is shown, in seconds."""

    rgb: NDArray[np.uint8]
    time: Fraction


class VideoReader:
    """A video file's or a camera's frames, and its sound as packets.

    ``rate`` is frames per second, ``total`` the number of frames where the file tells it.
    Raises ``MediaError`` for a file that is no video or holds none.
    """

    def __init__(self, container: InputContainer, name: str, *, live: bool = False) -> None:
        self._container = container
        self.name = name
        self.live = live
        streams = [
            s for s in container.streams.video if not s.disposition & Disposition.attached_pic
        ]
        if not streams:
            what = "only sound" if container.streams.audio else "is it cut short?"
            raise MediaError(f"{name}: holds no video, {what}; give a file with moving pictures")
        self._stream = streams[0]
        self._stream.thread_type = "AUTO"
        self.audio = None if live else next(iter(container.streams.audio), None)
        self.rate = _usable_rate(self._stream)
        self.total = None if live else _frame_count(self._stream, container, self.rate)

    @property
    def pixel_aspect(self) -> Fraction | None:
        """Width of one pixel over its height, where it is not square."""
        return self._stream.sample_aspect_ratio

    def __iter__(self) -> "Iterator[Frame | av.Packet[Any]]":
        """Yield frames and the sound's packets in file order."""
        wanted = [s for s in (self._stream, self.audio) if s is not None]
        tick = self._stream.time_base or Fraction(1, 1000)
        start: Fraction | None = None
        last = Fraction(-1)
        index = 0
        try:
            for packet in self._container.demux(wanted):
                if packet.stream is self.audio:
                    if packet.dts is not None:
                        yield packet
                    continue
                for frame in self._stream.decode(packet):
                    raw = frame.pts * tick if frame.pts is not None else index / self.rate
                    start = raw if start is None else start
                    origin = start if self.live else Fraction(0)
                    time = _snap(raw - start, self.rate, tick) + start - origin
                    time = max(time, last + 1 / (self.rate * _TICKS_PER_FRAME))
                    yield Frame(_rgb(frame), time)
                    last = time
                    index += 1
        except av.FFmpegError as error:
            raise MediaError(
                f"{self.name}: damaged after frame {index}: {_reason(error)}"
            ) from error
        if index < self._stream.frames:
            log.warning(
                "%s: holds %d of the %d frames that it announces; is it cut short?",
                self.name, index, self._stream.frames,
            )  # fmt: skip


@contextlib.contextmanager
def open_video(path: Path) -> Iterator[VideoReader]:
    """Open a video file; ``MediaError`` when it is none."""
    try:
        container = av.open(str(path.resolve()), options=_INPUT_OPTIONS)
    except av.FFmpegError as error:
        raise not_readable(path) from error
    with container:
        yield VideoReader(container, str(path))


class VideoWriter:
    """Encodes frames into ``path`` by its suffix: H.264 in .mp4 .mov .mkv, VP9 in .webm.

    Use it as a context manager on a temporary path. ``name`` is what messages call the file;
    the reader tells rate, pixel aspect and sound. The first picture gives the size.
    Raises ``MediaError`` when it cannot be written.
    """

    def __init__(self, path: Path, name: str, reader: VideoReader) -> None:
        self._name = name
        self._reader = reader
        self._suffix = path.suffix.lower()
        self._tick = 1 / (reader.rate * _TICKS_PER_FRAME)
        self._video: Any = None
        self._audio: Any = None
        self._early_sound: list[av.Packet[Any]] = []
        self.frames = 0
        with self._errors():
            self._container: OutputContainer = av.open(str(path), "w")

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # the file is thrown away, only its handle matters
            with contextlib.suppress(av.FFmpegError):
                self._container.close()
            return
        with self._errors():
            if self._video is not None:
                self._container.mux(self._video.encode())
            self._container.close()

    def write(self, picture: NDArray[np.uint8], time: Fraction) -> None:
        """Append one picture, ``[H, W, 3]`` RGB or ``[H, W]`` grey, shown at ``time`` seconds."""
        rgb = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
        with self._errors():
            if self._video is None:
                self._start(*rgb.shape[:2])
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), "rgb24").reformat(
                format=self._video.pix_fmt,
                dst_colorspace=_matrix(self._video.height),
                dst_color_range=ColorRange.MPEG,
            )
            frame.pts, frame.time_base = round(time / self._tick), self._tick
            self._container.mux(self._video.encode(frame))
        self.frames += 1

    def write_sound(self, packet: "av.Packet[Any]") -> None:
        """Append one packet of the source's sound as it is."""
        if self._video is None:  # the container's head waits for the picture's size
            self._early_sound.append(packet)
        elif self._audio is not None:
            packet.stream = self._audio
            with self._errors():
                self._container.mux(packet)

    def _start(self, height: int, width: int) -> None:
        codec = _first_encoder(_VP9 if self._suffix == ".webm" else _H264, self._name)
        options = dict(_ENCODER_OPTIONS.get(codec, {}))
        video: Any = self._container.add_stream(codec, rate=self._reader.rate, options=options)
        video.width, video.height = width, height
        # H.264 holds odd sizes only with full chroma.
        odd = codec == "libx264" and (width % 2 or height % 2)
        video.pix_fmt = "yuv444p" if odd else "yuv420p"
        context = video.codec_context
        context.time_base = self._tick
        if self._reader.pixel_aspect:
            context.sample_aspect_ratio = self._reader.pixel_aspect
        hd = height > _SD_HEIGHT
        context.colorspace = 1 if hd else 6  # ITU-T H.273: BT.709, SMPTE 170M
        context.color_primaries = ColorPrimaries.BT709 if hd else ColorPrimaries.SMPTE170M
        context.color_trc = ColorTrc.BT709 if hd else ColorTrc.SMPTE170M
        self._video = video
        self._audio = self._add_audio()
        early, self._early_sound = self._early_sound, []
        for packet in early:
            self.write_sound(packet)

    def _add_audio(self) -> Any:
        audio = self._reader.audio
        if audio is None:
            return None
        codec = audio.codec_context.name
        if codec not in self._container.supported_codecs:
            log.warning(
                "%s: its format cannot hold %s sound; write .mkv to keep it", self._name, codec
            )
            return None
        return self._container.add_stream_from_template(audio)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise MediaError(f"{self._name}: cannot be written: {_reason(error)}") from error


def _snap(time: Fraction, rate: Fraction, tick: Fraction) -> Fraction:
    """Put a time that a container has rounded to its ticks back on the frame grid.

    A frame that lies off the grid by more than a tick, or a quarter of a frame, is left where
    it is: the rate varies.
    """
    on_grid = round(time * rate) / rate
    return on_grid if abs(on_grid - time) <= min(tick, 1 / (4 * rate)) else time


def _usable_rate(stream: Any) -> Fraction:
    """Frames per second; containers without a rate report their clock's instead."""
    for rate in (stream.guessed_rate, stream.average_rate):
        if rate and 1 <= rate <= 240:
            return Fraction(rate)
    return Fraction(30)


def _frame_count(stream: Any, container: InputContainer, rate: Fraction) -> int | None:
    if stream.frames:
        return int(stream.frames)
    if container.duration:
        return max(1, round(Fraction(container.duration, av.time_base) * rate))
    return None


def _rgb(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Decoded frame → upright RGB by its own matrix and range."""
    unlabelled = frame.colorspace == 2  # ITU-T H.273
    matrix = _matrix(frame.height) if unlabelled else None
    rgb = np.asarray(frame.to_ndarray(format="rgb24", src_colorspace=matrix), np.uint8)
    turns = round(frame.rotation / 90) % 4  # the degrees count counter-clockwise
    return np.ascontiguousarray(np.rot90(rgb, turns)) if turns else rgb


def _matrix(height: int) -> int:
    return int(Colorspace.ITU709 if height > _SD_HEIGHT else Colorspace.ITU601)


def _first_encoder(names: tuple[str, ...], output: str) -> str:
    for name in names:
        if name in av.codecs_available:
            return name
    raise MediaError(
        f"{output}: no encoder of {', '.join(names)} in this PyAV; write another format"
    )


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())
