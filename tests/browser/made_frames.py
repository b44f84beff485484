"""Frames that are made here, and what they show.

``Made.init`` goes to a page, where ``MAKE`` makes it a VideoFrame.
"""

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from builder.resample import resize

Picture = npt.NDArray[np.float32]  # [H, W, 3], RGB 0..1
Plane = npt.NDArray[Any]
Region = tuple[int, ...]  # x, y, width, height of the upright picture

LUMA = {"smpte170m": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020-ncl": (0.2627, 0.0593)}

MAKE = """
  const make = ({ bytes, rotation, flip, timestamp = 0, ...init }) => {
    const data = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    const stored = new VideoFrame(data, { ...init, timestamp });
    try {
      return new VideoFrame(stored, { timestamp, rotation, flip: !!flip });
    } finally {
      stored.close();
    }
  };
"""


def picture(height: int, width: int) -> Picture:
    """Soft stripes, no two corners alike, all of it inside the gamut."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 17 + c) * 0.2 + np.cos(y / 11 + 2 * c) * 0.12 for c in range(3)]
    rgb: Picture = (0.5 + np.stack(waves, axis=2) + 0.1 * (x / width)[..., None]).astype(np.float32)
    return rgb


class Made:
    """A frame in some format, and the RGB that its bytes stand for."""

    def __init__(self, rgb: Picture, pixel_format: str = "I420", **options: Any) -> None:
        height, width, _ = rgb.shape
        self.turn = {name: options.pop(name, 0) for name in ("rotation", "flip")}
        if "I4" in pixel_format or pixel_format == "NV12":
            matrix, is_full = options.pop("matrix", "smpte170m"), options.pop("full_range", False)
            planes = _yuv(rgb, pixel_format, matrix, is_full)
            self.rgb = _rgb_of(planes, matrix, is_full)
            data = _yuv_bytes(planes, pixel_format)
            space = {"matrix": matrix, "fullRange": is_full}
            space |= {"primaries": "bt709", "transfer": "bt709"}
        else:
            rounded = np.round(rgb * 255)
            self.rgb = (rounded / 255).astype(np.float32)
            opaque = np.dstack([rounded, np.full((height, width), 255)]).astype(np.uint8)
            order = [2, 1, 0, 3] if pixel_format.startswith("BGR") else [0, 1, 2, 3]
            data = opaque[..., order].tobytes()
            space = {"matrix": "rgb", "fullRange": True}
            space |= {"primaries": "bt709", "transfer": "iec61966-2-1"}
        facts = {"format": pixel_format, "codedWidth": width, "codedHeight": height}
        text = base64.b64encode(data).decode()
        self.init = {"bytes": text, **facts, "colorSpace": space, **self.turn, **options}

    @property
    def upright(self) -> Picture:
        """What is shown of it."""
        visible = self.init.get("visibleRect")
        rgb = self.rgb if visible is None else _cut(self.rgb, tuple(visible.values()))
        rgb = np.rot90(rgb, -self.turn["rotation"] // 90).astype(np.float32)
        return rgb[:, ::-1] if self.turn["flip"] else rgb

    def seen(self, size: tuple[int, int], region: Region | None = None) -> Picture:
        """What a model of that size, height and width, is to see: the region of what is shown."""
        return resize(self.upright if region is None else _cut(self.upright, region), *size)


def _cut(rgb: Picture, region: Region) -> Picture:
    x, y, width, height = region
    return rgb[y : y + height, x : x + width]


def _yuv(rgb: Picture, pixel_format: str, matrix: str, is_full: bool) -> list[Plane]:
    """Y, Cb and Cr as bytes, [H, W] each; chroma as its samples repeat it."""
    kr, kb = LUMA[matrix]
    luma = rgb @ np.array([kr, 1 - kr - kb, kb])
    cb, cr = (rgb[..., 2] - luma) / (2 - 2 * kb), (rgb[..., 0] - luma) / (2 - 2 * kr)
    luma, chroma = (luma * 255, 255) if is_full else (16 + luma * 219, 224)
    step_x, step_y = _steps(pixel_format)
    repeated = [_repeated(128 + chroma * plane, step_y, step_x) for plane in (cb, cr)]
    return [np.round(plane).astype(np.uint8) for plane in (luma, *repeated)]


def _steps(pixel_format: str) -> tuple[int, int]:
    """Pixels that share a chroma sample, across and down."""
    return {"I444": (1, 1), "I422": (2, 1)}.get(pixel_format, (2, 2))


def _repeated(plane: Plane, step_y: int, step_x: int) -> Plane:
    """The mean of each block in its place; the last ones of an odd size are smaller."""
    height, width = plane.shape
    even = np.pad(plane, ((0, -height % step_y), (0, -width % step_x)), "edge")
    blocks = even.reshape(even.shape[0] // step_y, step_y, even.shape[1] // step_x, step_x)
    means: Plane = blocks.mean(axis=(1, 3))
    return means.repeat(step_y, axis=0).repeat(step_x, axis=1)[:height, :width]


def _yuv_bytes(planes: list[Plane], pixel_format: str) -> bytes:
    step_x, step_y = _steps(pixel_format)
    luma, *chroma = planes
    chroma = [plane[::step_y, ::step_x] for plane in chroma]
    parts = [luma, np.dstack(chroma)] if pixel_format == "NV12" else [luma, *chroma]
    if pixel_format == "I420A":
        parts.append(np.full_like(luma, 255))
    return b"".join(part.tobytes() for part in parts)


def _rgb_of(planes: list[Plane], matrix: str, is_full: bool) -> Picture:
    kr, kb = LUMA[matrix]
    y, cb, cr = (plane.astype(np.float64) for plane in planes)
    luma = y / 255 if is_full else (y - 16) / 219
    cb, cr = ((plane - 128) / (255 if is_full else 224) for plane in (cb, cr))
    red, blue = luma + (2 - 2 * kr) * cr, luma + (2 - 2 * kb) * cb
    green = (luma - kr * red - kb * blue) / (1 - kr - kb)
    rgb = np.stack([red, green, blue], axis=2)
    assert rgb.min() >= 0, "ways differ in when they clamp"
    assert rgb.max() <= 1, "ways differ in when they clamp"
    return rgb.astype(np.float32)
