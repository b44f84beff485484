"""What is drawn around the person, or instead of the background.

An effect takes a frame and its alpha. Two things shape the alpha first:

* ``threshold``: the alpha at which a pixel is half person. ``cutout`` and ``overlay`` choose
  whole pixels: person is ``alpha ≥ threshold``. ``color``, ``image`` and ``blur`` blend softly, by
  an alpha that is bent in two straight lines so that ``threshold`` becomes 0.5 (0 and 1 stay);
  at 0.5 it is the model's own.
* ``ramp`` (low, high), for the soft ones: after the bend, alpha up to ``low`` becomes 0, from
  ``high`` on 1, with a smoothstep between. Without one alpha stays as it is.

``mask`` is the alpha itself, whatever the threshold.

**The blur** is a normalised Gaussian weighted by ``w = 1 − alpha``, so that the person does not
bleed into the background: ``blur(w·rgb) / max(blur(w), 1/255)``. It is worked out on a small
grid: ``w·rgb`` and ``w`` are shrunk (``resample.resize``) by ``k = min(1, 320 / longer side)``,
each side rounded half up and at least 1; both are convolved on it with a separable Gaussian of
``sigma = strength · 0.025 · longer side · k`` grid pixels, cut off at ``ceil(3·sigma)``, edges
clamped; the quotient is enlarged bilinearly.

**Looks** (``looks``) change the ramp and the person's colours. ``brightness`` goes for all but
``mask`` and ``overlay``. With ``light_wrap``, behind ``color`` and ``image`` only, the light of the
background, ``blur((1 − alpha)·background)`` by the blur of strength ``LIGHT_STRENGTH`` and without
the quotient, is screened over the person: ``rgb + (1 − rgb)·light_wrap·light``, of 0..1. With
``spill``, behind the same two, the old background's colour is taken out of the edge first, see
``spill``; the whole pixels of ``cutout`` have no edge.

Colours are blended as they are stored (sRGB), as browsers do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from builder.errors import MediaError
from builder.looks import DEFAULT_LOOKS, Looks, ramp_with
from builder.resample import resize
from builder.spill import clean_edge

Float = NDArray[np.float32]
Picture = NDArray[np.uint8]
Color = tuple[int, int, int]
EffectKind = Literal["cutout", "overlay", "color", "blur", "image", "mask"]

GREEN_SCREEN: Color = (0, 177, 64)
TINT: Color = (0, 255, 0)
WHITE: Color = (255, 255, 255)

BLUR_GRID = 320  # pixels of the longer side: what a blur leaves is far coarser
BLUR_SIGMA = 0.025  # of the longer side, at strength 1
_WEIGHT_FLOOR = 1 / 255  # one step of an 8-bit alpha: keeps 0/0 out of the person's middle
LIGHT_STRENGTH = 0.5  # of the blur that light wraps by: a sigma of 1.25 % of the longer side
_STRIP = 128  # rows composited at once, so that float copies stay in the cache


@dataclass(frozen=True)
class Effect:
    """One effect with its settings; those of other kinds are ignored.

    ``color`` replaces the background of ``color`` and tints the person of ``overlay``;
    ``strength`` 0..1 is for ``blur``; ``image`` uint8 ``[H, W, 3]`` is scaled to cover the frame.

    Raises:
        MediaError: an unknown kind, a strength outside 0..1, or no picture for ``image``.
    """

    kind: EffectKind
    color: Color | None = None
    strength: float = 0.5
    image: Picture | None = None

    def __post_init__(self) -> None:
        if self.kind not in _DRAWERS:
            raise MediaError(f'effect "{self.kind}": not known; use one of {", ".join(_DRAWERS)}')
        if not 0 <= self.strength <= 1:
            raise MediaError(f"blur strength {self.strength}: give a number from 0 to 1")
        if self.kind == "image" and self.image is None:
            raise MediaError("the image effect has no picture; name the background's file")


def parse_color(text: str) -> Color:
    """``#rrggbb`` → red, green, blue 0..255; ``MediaError`` for anything else."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise MediaError(f'colour "{text}": write it as #rrggbb, for example #00b140')
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def apply(
    effect: Effect,
    rgb: Picture,
    alpha: Float,
    *,
    threshold: float = 0.5,
    ramp: tuple[float, float] | None = None,
    looks: Looks = DEFAULT_LOOKS,
) -> Picture:
    """Draw one frame.

    Args:
        effect: what to draw.
        rgb: the frame, ``[H, W, 3]``.
        alpha: person probability, ``[H, W]`` 0..1.
        threshold: the alpha at which a pixel is half person, 0..1.
        ramp: see the module's text.
        looks: how the edge and the person are drawn.

    Returns:
        uint8 ``[H, W, 3]``; for ``mask`` grey, ``[H, W]``.
    """
    shown = alpha
    if effect.kind in ("color", "image", "blur"):
        shown = shape_alpha(alpha, threshold, ramp_with(ramp, looks))
    elif effect.kind != "mask":
        shown = _whole(alpha, threshold, ramp, looks)
    if looks.spill > 0 and effect.kind in ("color", "image"):
        rgb = _to_uint8(clean_edge(rgb, shape_alpha(alpha, threshold, None), shown, looks.spill))
    return _DRAWERS[effect.kind](effect, rgb, shown, looks)


def fitted(effect: Effect, height: int, width: int) -> Effect:
    """Scale an image effect's picture once for a whole video; others are returned as they are."""
    if effect.kind != "image" or effect.image is None:
        return effect
    return replace(effect, image=cover(effect.image, height, width))


def shape_alpha(alpha: Float, threshold: float, ramp: tuple[float, float] | None) -> Float:
    """Bend alpha so that ``threshold`` becomes 0.5, then apply the ramp; ``[H, W]`` 0..1."""
    bent: NDArray[np.floating] = alpha
    if threshold != 0.5:
        centre = np.float32(min(max(threshold, 1e-6), 1 - 1e-6))
        bent = np.where(alpha < centre, alpha / centre, 1 + (alpha - centre) / (1 - centre)) / 2
    if ramp is not None:
        low, high = ramp
        t = np.clip((bent - np.float32(low)) / np.float32(high - low), 0, 1)
        bent = t * t * (3 - 2 * t)
    return bent.astype(np.float32, copy=False)


def cover(image: Picture, height: int, width: int) -> Picture:
    """Scale a picture until it covers the frame and cut the overhang evenly."""
    scale = max(height / image.shape[0], width / image.shape[1])
    full = max(height, round(image.shape[0] * scale)), max(width, round(image.shape[1] * scale))
    if full == image.shape[:2] == (height, width):
        return image
    top, left = (full[0] - height) // 2, (full[1] - width) // 2
    return _to_uint8(resize(image, *full)[top : top + height, left : left + width])


def blurred_background(rgb: Picture, alpha: Float, strength: float) -> Picture:
    """Blur what is not person, ``[H, W, 3]``; the definition is in the module's text."""
    small = _blurred(rgb, alpha, strength)
    quotient = small[..., :3] / np.maximum(small[..., 3:], _WEIGHT_FLOOR)
    return _to_uint8(resize(quotient.astype(np.float32, copy=False), *alpha.shape))


def _blurred(rgb: Picture, alpha: Float, strength: float) -> Float:
    """``blur(w·rgb)`` and ``blur(w)`` with ``w = 1 − alpha`` on the blur's grid, ``[h, w, 4]``."""
    height, width = alpha.shape
    k = min(1.0, BLUR_GRID / max(height, width))
    grid = max(1, int(height * k + 0.5)), max(1, int(width * k + 0.5))
    sigma = strength * BLUR_SIGMA * max(height, width) * k
    layers = np.empty((height, width, 4), np.float32)
    layers[..., 3] = 1 - alpha
    np.multiply(rgb, layers[..., 3:], out=layers[..., :3])
    small = np.tensordot(_gaussian(grid[0], sigma), resize(layers, *grid), 1)
    return np.asarray(np.tensordot(_gaussian(grid[1], sigma), small, (1, 1)).swapaxes(0, 1))


@lru_cache(maxsize=8)
def _gaussian(size: int, sigma: float) -> Float:
    """One axis of the blur as a matrix ``[size, size]``; what falls over the edge counts there."""
    radius = int(np.ceil(3 * sigma))
    offsets = np.arange(-radius, radius + 1)
    taps = np.exp(-0.5 * (offsets / max(sigma, 1e-6)) ** 2)
    matrix = np.zeros((size, size))
    rows = np.arange(size)
    for offset, tap in zip(offsets, taps / taps.sum(), strict=True):
        np.add.at(matrix, (rows, np.clip(rows + offset, 0, size - 1)), tap)
    return matrix.astype(np.float32)


def _whole(alpha: Float, threshold: float, ramp: tuple[float, float] | None, looks: Looks) -> Float:
    """Choose whole pixels, 0 or 1; shrink moves the alpha from which on they are person."""
    if looks.keeps_edge:
        return (alpha >= threshold).astype(np.float32)
    return (shape_alpha(alpha, threshold, ramp_with(ramp, looks)) >= 0.5).astype(np.float32)


def _draw_mask(_: Effect, _rgb: Picture, alpha: Float, _looks: Looks) -> Picture:
    return _to_uint8(alpha * 255)


def _draw_cutout(_: Effect, rgb: Picture, whole: Float, looks: Looks) -> Picture:
    return np.where(whole[..., None] > 0, _brightened(rgb, looks), np.array(WHITE, np.uint8))


def _draw_overlay(effect: Effect, rgb: Picture, whole: Float, _: Looks) -> Picture:
    tint = np.array(effect.color or TINT, np.uint16)
    half = ((rgb + tint + 1) // 2).astype(np.uint8)
    return np.where(whole[..., None] > 0, half, rgb)


def _draw_color(effect: Effect, rgb: Picture, alpha: Float, looks: Looks) -> Picture:
    color = np.array(effect.color or GREEN_SCREEN, np.uint8)
    return _draw_replaced(rgb, alpha, np.broadcast_to(color, rgb.shape), looks)


def _draw_image(effect: Effect, rgb: Picture, alpha: Float, looks: Looks) -> Picture:
    assert effect.image is not None  # checked when the effect was made
    return _draw_replaced(rgb, alpha, cover(effect.image, *alpha.shape), looks)


def _draw_replaced(rgb: Picture, alpha: Float, background: Picture, looks: Looks) -> Picture:
    person = _brightened(rgb, looks)
    if looks.light_wrap > 0:
        light = looks.light_wrap / 255 * wrapped_light(background, alpha)
        person = _to_uint8(person + (np.float32(255) - person) * light)
    return _blend(person, alpha, background)


def _draw_blur(effect: Effect, rgb: Picture, alpha: Float, looks: Looks) -> Picture:
    background = blurred_background(rgb, alpha, effect.strength)
    return _blend(_brightened(rgb, looks), alpha, background)


def wrapped_light(background: Picture, alpha: Float) -> Float:
    """Light that falls from the background on the person, ``[H, W, 3]`` 0..255."""
    return resize(_blurred(background, alpha, LIGHT_STRENGTH)[..., :3], *alpha.shape)


def _brightened(rgb: Picture, looks: Looks) -> Picture:
    if looks.brightness == 0:
        return rgb
    curve = 255 * (np.arange(256, dtype=np.float32) / 255) ** (2.0**-looks.brightness)
    return _to_uint8(curve)[rgb]


_DRAWERS: dict[str, Callable[[Effect, Picture, Float, Looks], Picture]] = {
    "cutout": _draw_cutout,
    "overlay": _draw_overlay,
    "color": _draw_color,
    "blur": _draw_blur,
    "image": _draw_image,
    "mask": _draw_mask,
}


def _blend(rgb: Picture, alpha: Float, background: Picture) -> Picture:
    """``alpha·rgb + (1 − alpha)·background``, rounded; strip by strip."""
    result = np.empty_like(rgb)
    for top in range(0, rgb.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        behind = background[rows].astype(np.float32)
        result[rows] = _to_uint8(behind + (rgb[rows] - behind) * alpha[rows, :, None])
    return result


def _to_uint8(values: NDArray[Any]) -> Picture:
    rounded = np.clip(values, 0, 255) + np.float32(0.5)
    return np.asarray(rounded.astype(np.uint8))
