"""How a picture has moved, block by block, and an alpha moved the same way.

Block matching on luma at half the model's size: for each block the shift with the least sum of
absolute differences, among all of up to ``REACH`` pixels each way. Staying costs nothing extra,
moving a little (``STAY``), so that flat and noisy blocks stay; between pixels, the lowest point of
a V through the neighbouring shifts' differences. Each pixel of the alpha is then taken, bilinearly,
from where its block, blended with the neighbouring ones, came from.

The browser has the same (`worker/motion.js`). (Exhaustive block matching as in Jain and Jain,
"Displacement measurement and its application in interframe image coding", IEEE Trans.
Communications 1981.)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]

BLOCK = 8  # pixels of the halved picture
REACH = 4
STAY = 0.006  # what moving has to gain, a pixel of a block: noise gains nearly as much by chance
LOST = 0.1  # mean difference a pixel from which on a block does not show what it showed: 0..1
CUT = 0.25  # share of lost blocks from which on it is another scene


@dataclass(frozen=True)
class Motion:
    """Where each block was before, ``[rows, columns]``, in pixels of the model's size.

    ``is_cut``: the pictures have little in common.
    """

    dx: Float
    dy: Float
    is_cut: bool


def half_luma(picture: Float) -> Float:
    """RGB ``[3, h, w]`` 0..1 → luma ``[h // 2, w // 2]``: means of 2 × 2, weights of BT.709."""
    height, width = (2 * (size // 2) for size in picture.shape[1:])
    even = picture[:, :height, :width].astype(np.float64)
    sums = even[:, ::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, ::2] + even[:, 1::2, 1::2]
    return np.asarray(0.05315 * sums[0] + 0.1788 * sums[1] + 0.01805 * sums[2], np.float32)


def estimate(reference: Float, current: Float) -> Motion:
    """Find where each block of ``current`` was in ``reference``; both are of ``half_luma``."""
    sums = _differences(reference, current)
    rows, columns = sums.shape[2:]
    pixels = np.outer(_sizes(current.shape[0]), _sizes(current.shape[1]))
    # The first of the least, in reading order, that gains enough; else it stays.
    searched = sums[1:-1, 1:-1].reshape(-1, rows, columns)
    found = searched.argmin(0)
    least = np.take_along_axis(searched, found[None], 0)[0]
    still = sums[REACH + 1, REACH + 1]
    stays = least >= still - STAY * pixels
    dy = np.where(stays, 0, found // (2 * REACH + 1) - REACH)
    dx = np.where(stays, 0, found % (2 * REACH + 1) - REACH)
    least = np.where(stays, still, least)
    row, column = np.mgrid[:rows, :columns]

    def at(more_y: int, more_x: int) -> Float64:
        found: Float64 = sums[dy + more_y + REACH + 1, dx + more_x + REACH + 1, row, column]
        return found

    is_sure = still <= STAY * pixels
    x = np.where(is_sure, 0, dx + _vertex(at(0, -1), least, at(0, 1)))
    y = np.where(is_sure, 0, dy + _vertex(at(-1, 0), least, at(1, 0)))
    lost = int((least / pixels > LOST).sum())
    return Motion((2 * x).astype(np.float32), (2 * y).astype(np.float32), lost > CUT * x.size)


def move(alpha: Float, motion: Motion) -> Float:
    """Move an alpha ``[h, w]`` as the pictures have; it goes on beyond the border."""
    height, width = alpha.shape
    across, down = _places(width, motion.dx.shape[1]), _places(height, motion.dx.shape[0])
    y, x = np.mgrid[:height, :width]
    return _bilinear(
        alpha, x + _between(motion.dx, across, down), y + _between(motion.dy, across, down)
    )


Places = tuple[NDArray[np.intp], NDArray[np.intp], Float64]


def _differences(reference: Float, current: Float) -> Float64:
    """Sums of absolute differences, ``[shift down, shift right, rows, columns]``.

    The shifts go one further than ``REACH``; infinite where a block would lie outside.
    """
    height, width = current.shape
    tops, lefts = np.arange(0, height, BLOCK), np.arange(0, width, BLOCK)
    most = REACH + 1
    sums = np.full((2 * most + 1, 2 * most + 1, len(tops), len(lefts)), np.inf)
    padded = np.pad(reference.astype(np.float64), most)
    bottoms, rights = tops + _sizes(height), lefts + _sizes(width)
    for dy in range(-most, most + 1):
        inside_y = (tops + dy >= 0) & (bottoms + dy <= height)
        for dx in range(-most, most + 1):
            inside = np.outer(inside_y, (lefts + dx >= 0) & (rights + dx <= width))
            shifted = padded[most + dy :, most + dx :][:height, :width]
            far = np.add.reduceat(np.abs(current - shifted), lefts, axis=1)
            sums[dy + most, dx + most][inside] = np.add.reduceat(far, tops, axis=0)[inside]
    return sums


def _sizes(pixels: int) -> NDArray[np.intp]:
    """Give the blocks' sizes along one side; the last may be smaller."""
    return np.minimum(BLOCK, pixels - np.arange(0, pixels, BLOCK))


def _vertex(before: Float64, least: Float64, after: Float64) -> Float64:
    """Find where the lowest point of a V through three differences lies: −0.5..0.5."""
    known = np.isfinite(before) & np.isfinite(after)
    before, after = np.where(known, before, least), np.where(known, after, least)
    steep = np.maximum(before, after) - least
    found: Float64 = np.where(steep > 0, (before - after) / (2 * np.where(steep > 0, steep, 1)), 0)
    return found


def _places(pixels: int, blocks: int) -> Places:
    """Between which blocks' centres each pixel lies, and how near it is to the later one."""
    at = np.clip((np.arange(pixels) + 0.5) / (2 * BLOCK) - 0.5, 0, blocks - 1)
    before = np.floor(at).astype(np.intp)
    return before, np.minimum(blocks - 1, before + 1), at - before


def _between(of_blocks: Float, across: Places, down: Places) -> Float64:
    left, right, later = across
    top, bottom, lower = down[0], down[1], down[2][:, None]
    shift = of_blocks.astype(np.float64)
    upper_row = (1 - later) * shift[top][:, left] + later * shift[top][:, right]
    lower_row = (1 - later) * shift[bottom][:, left] + later * shift[bottom][:, right]
    found: Float64 = (1 - lower) * upper_row + lower * lower_row
    return found


def _bilinear(alpha: Float, x: Float64, y: Float64) -> Float:
    height, width = alpha.shape
    left, top = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    x0, y0 = np.floor(left).astype(np.intp), np.floor(top).astype(np.intp)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    exact = alpha.astype(np.float64)
    upper = exact[y0, x0] + (left - x0) * (exact[y0, x1] - exact[y0, x0])
    lower = exact[y1, x0] + (left - x0) * (exact[y1, x1] - exact[y1, x0])
    return np.asarray(upper + (top - y0) * (lower - upper), np.float32)
