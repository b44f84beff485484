"""The demonstration clip: a person who never sat here, before places that do not exist.

The public-domain portrait that the package carries (``assets/portrait.txt`` says where it is from)
is moved, swayed and scaled over drawn backgrounds. Because the clip is composed, its true alpha is
known for every pixel of every frame. Everything is a pure function of the frame's number.

Clip writers: ``write_webm`` for the page, ``write_y4m`` and ``write_mjpeg`` for Chromium's
``--use-file-for-fake-video-capture``, ``write_poster`` for the picture shown before the clip plays.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream
from PIL import Image

from builder.backgrounds import SCENES, scene
from builder.errors import MediaError

Rgb = npt.NDArray[np.uint8]
Alpha = npt.NDArray[np.float32]

SIDE = 512  # of the portrait, pixels
DETAIL = 2
CROSS_FADE = 0.25  # share of a scene's time in which the next one comes in
PAN = 0.18  # how much wider than the frame a background is, as a share of its width
SINK = 0.07  # how much of the person is below the frame's lower edge, as a share of its height


@lru_cache(maxsize=1)
def _portrait() -> Image.Image:
    with (resources.files("builder") / "assets" / "portrait.png").open("rb") as file:
        return Image.open(file).convert("RGBA")


def portrait() -> tuple[Rgb, Alpha]:
    """The portrait's foreground colours and its matte.

    Returns uint8 RGB ``[512, 512, 3]`` (straight colours, continued smoothly outside the person)
    and float32 alpha ``[512, 512]`` in 0..1.
    """
    pixels = np.array(_portrait())
    return pixels[..., :3].copy(), pixels[..., 3].astype(np.float32) / np.float32(255)


class DemoClip:
    """A seamless loop of ``seconds`` × ``fps`` frames of ``width`` × ``height`` with known alpha.

    Sizes are in pixels and even (video chroma is halved), ``fps`` is whole.
    """

    def __init__(
        self, width: int = 1280, height: int = 720, fps: int = 30, seconds: float = 8
    ) -> None:
        """Draws nothing yet. Raises ``ValueError`` for sizes that no video can have."""
        if width < 16 or height < 16 or width % 2 or height % 2:
            raise ValueError(
                f"a clip needs an even width and height of at least 16, not {width}×{height}"
            )
        if fps < 1 or round(fps * seconds) < 1:
            raise ValueError(f"a clip needs at least one frame, not {seconds} s at {fps} fps")
        self.width = width
        self.height = height
        self.fps = fps
        self.frames = round(fps * seconds)

    def __len__(self) -> int:
        """The number of frames in the loop."""
        return self.frames

    def frame(self, index: int) -> tuple[Rgb, Alpha]:
        """Frame ``index`` (any whole number, the loop repeats): uint8 RGB ``[H, W, 3]`` and the
        true alpha, float32 ``[H, W]`` in 0..1.
        """
        person, top, left = self._person(index)
        height, width = person.shape[:2]
        inside = np.s_[top : top + height, left : left + width]
        rgb = self.background(index).copy()
        opacity = person[..., 3:].astype(np.uint16)
        behind = (rgb[inside] * (255 - opacity) + 127) // 255
        rgb[inside] = person[..., :3] + behind.astype(np.uint8)
        alpha = np.zeros((self.height, self.width), np.float32)
        alpha[inside] = person[..., 3].astype(np.float32) / np.float32(255)
        return rgb, alpha

    def person(self, index: int) -> npt.NDArray[np.uint8]:
        """The person of frame ``index`` alone: uint8 RGBA ``[H, W, 4]``, colours × alpha."""
        person, top, left = self._person(index)
        whole = np.zeros((self.height, self.width, 4), np.uint8)
        whole[top : top + person.shape[0], left : left + person.shape[1]] = person
        return whole

    def _person(self, index: int) -> tuple[npt.NDArray[np.uint8], int, int]:
        """The part of `person` that is not empty, and its top and left."""
        phase = 2 * math.pi * (index % self.frames) / self.frames
        scale = self.height / SIDE * (0.95 + 0.06 * math.sin(phase + 1.1))
        angle = math.radians(2.4) * math.sin(2 * phase)
        foot_x = self.width * (0.5 + 0.17 * math.sin(phase))
        foot_y = self.height * (1 + SINK + 0.012 * math.sin(4 * phase))
        cos, sin = math.cos(angle), math.sin(angle)
        # The portrait's foot, the middle of its lower edge, comes to (foot_x, foot_y); its sides
        # and its top are half its side and its side away from there, and a little for the angle.
        reach = scale * SIDE * (0.5 + abs(sin)) + 2
        left, right = max(0, int(foot_x - reach)), min(self.width, int(foot_x + reach))
        top = max(0, int(foot_y - scale * SIDE * (1 + abs(sin))) - 2)
        # Pillow wants the way back: where in the portrait an output pixel comes from.
        x, y = foot_x - left, foot_y - top
        cos, sin = cos / scale, sin / scale
        back = (cos, sin, SIDE / 2 - cos * x - sin * y, -sin, cos, SIDE + sin * x - cos * y)
        moved = _premultiplied().transform(
            (right - left, self.height - top),
            Image.Transform.AFFINE,
            tuple(DETAIL * each for each in back),
            Image.Resampling.BILINEAR,
        )
        return np.array(moved), top, left

    def background(self, index: int) -> Rgb:
        """The background of frame ``index`` alone: uint8 RGB ``[H, W, 3]``."""
        time = (index % self.frames) / self.frames
        place = time * len(SCENES)
        current = int(place)
        shift = round(self._slack() * (0.5 + 0.5 * math.sin(2 * math.pi * time)))
        view = self._view(SCENES[current], shift)
        blend = (place - current - (1 - CROSS_FADE)) / CROSS_FADE
        if blend <= 0:
            return view
        coming = self._view(SCENES[(current + 1) % len(SCENES)], shift)
        weight = round(256 * blend)
        mixed = view.astype(np.uint16) * (256 - weight) + coming.astype(np.uint16) * weight
        return (mixed >> 8).astype(np.uint8)

    def _slack(self) -> int:
        return round(self.width * PAN)

    def _view(self, name: str, shift: int) -> Rgb:
        return scene(name, self.height, self.width + self._slack())[:, shift : shift + self.width]


@lru_cache(maxsize=1)
def _premultiplied() -> Image.Image:
    """The portrait at `DETAIL` times its size, colours × alpha.

    Enlarged well once, it is moved with a quick bilinear filter many times.
    """
    size = (SIDE * DETAIL, SIDE * DETAIL)
    large = np.array(_portrait().convert("RGBa").resize(size, Image.Resampling.BICUBIC))
    # Bicubic weights overshoot; a colour above its alpha would be brighter than white.
    np.minimum(large[..., :3], large[..., 3:], out=large[..., :3])
    return Image.frombuffer("RGBa", size, large.tobytes(), "raw", "RGBa", 0, 1)


def write_webm(clip: DemoClip, path: Path) -> None:
    """Writes ``clip`` as VP9 in WebM, the same bytes each time with the same codec library.

    Raises `MediaError` when the file cannot be written.
    """
    # One thread: a threaded encoder may cut its work differently each time. The muxer's bit-exact
    # flag keeps random identifiers and version numbers out of the file.
    # Constant quality (crf), because a page wants a small file and no steady rate.
    options = {
        "crf": "40", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "0",
        "tile-columns": "0", "auto-alt-ref": "1", "lag-in-frames": "16",
    }  # fmt: skip
    with (
        _writing(path),
        av.open(str(path), "w", format="webm", options={"fflags": "+bitexact"}) as out,
    ):
        stream: VideoStream = out.add_stream("libvpx-vp9", rate=clip.fps, options=options)
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
        stream.time_base = Fraction(1, clip.fps)
        stream.codec_context.thread_count = 1
        stream.codec_context.gop_size = clip.fps * 2
        for index in range(clip.frames):
            out.mux(stream.encode(_i420(clip, index)))
        out.mux(stream.encode(None))


def write_y4m(clip: DemoClip, path: Path) -> None:
    """Writes ``clip`` as YUV4MPEG2 (raw I420, BT.601 limited range): exact, but large, 1.4 MB a
    frame at 1280 × 720. Raises `MediaError` when the file cannot be written.
    """
    header = f"YUV4MPEG2 W{clip.width} H{clip.height} F{clip.fps}:1 Ip A1:1 C420jpeg\n"
    with _writing(path), path.open("wb") as out:
        out.write(header.encode())
        for index in range(clip.frames):
            out.write(b"FRAME\n")
            out.write(_i420(clip, index).to_ndarray().tobytes())


def write_mjpeg(clip: DemoClip, path: Path, quality: int = 92) -> None:
    """Writes ``clip`` as JPEG pictures one after the other (Chromium plays it at 30 fps); about a
    tenth of `write_y4m`'s size. Raises `MediaError` when the file cannot be written.
    """
    with _writing(path), path.open("wb") as out:
        for index in range(clip.frames):
            Image.fromarray(clip.frame(index)[0]).save(out, "JPEG", quality=quality)


def write_poster(clip: DemoClip, path: Path, index: int = 0) -> None:
    """Writes frame ``index`` as a picture, WebP or JPEG by the ending of ``path``.

    Raises `MediaError` when the file cannot be written.
    """
    with _writing(path):
        Image.fromarray(clip.frame(index)[0]).save(path, quality=82, method=6)


def _i420(clip: DemoClip, index: int) -> av.VideoFrame:
    """Frame ``index`` as BT.601 limited-range I420, what webcams send and players assume."""
    picture = av.VideoFrame.from_ndarray(clip.frame(index)[0], format="rgb24")
    planes = picture.reformat(format="yuv420p", src_colorspace="ITU601", dst_colorspace="ITU601")
    planes.pts = index
    planes.time_base = Fraction(1, clip.fps)
    return planes


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Makes one line of the ways in which writing ``path`` can fail, and leaves no half a file."""
    try:
        yield
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, (OSError, av.FFmpegError)):
            raise MediaError(
                f"{path}: cannot be written ({error}); check the folder and the space"
            ) from error
        raise
