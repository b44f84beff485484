"""Drawn places for the demonstration person to stand in.

Nothing is photographed and nothing is downloaded: each scene is drawn with Pillow and numpy from
a fixed seed, so that the same versions give the same pixels everywhere. The scenes have edges,
textures and skin-like and suit-like colours on purpose: a matte that only works before a smooth
wall would be no demonstration.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Rgb = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_SUPERSAMPLING = 2  # ImageDraw knows no antialiasing: draw large, then shrink


def _gradient(height: int, width: int, stops: list[tuple[float, Colour]]) -> Image.Image:
    """A picture whose rows run through ``stops``, (position 0..1, colour) from top to bottom."""
    rows = np.linspace(0.0, 1.0, height)
    places = [position for position, _ in stops]
    columns = [np.interp(rows, places, [c[band] for _, c in stops]) for band in range(3)]
    picture = np.repeat(np.stack(columns, axis=-1)[:, None], width, axis=1)
    return Image.fromarray(np.round(picture).astype(np.uint8))


def _glow(
    picture: Image.Image,
    centre: tuple[float, float],
    radius: float,
    colour: Colour,
    strength: float,
) -> Image.Image:
    """Adds a soft round light; ``centre`` and ``radius`` in pixels, ``strength`` 0..1."""
    width, height = picture.size
    y, x = np.ogrid[:height, :width]
    distance = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / radius**2
    light = (strength * np.exp(-distance))[..., None]
    mixed = np.asarray(picture) * (1 - light) + np.array(colour) * light
    return Image.fromarray(np.round(mixed).astype(np.uint8))


def _grain(picture: Image.Image, seed: int, amplitude: float, size: int) -> Image.Image:
    """Adds a fixed cloth-like texture: noise of ``size`` pixels, ±``amplitude`` of 255."""
    width, height = picture.size
    noise = np.random.default_rng(seed).uniform(0, 255, (height // size + 1, width // size + 1))
    texture = Image.fromarray(noise.astype(np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    shift = (np.asarray(texture, dtype=np.float32)[..., None] / 127.5 - 1) * amplitude
    return Image.fromarray(np.clip(np.asarray(picture) + shift, 0, 255).astype(np.uint8))


def _blur(picture: Image.Image, radius: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius))


def _studio(height: int, width: int) -> Image.Image:
    """A painted studio cloth with coloured lights."""
    picture = _gradient(height, width, [(0, (38, 52, 88)), (0.6, (74, 92, 140)), (1, (42, 44, 72))])
    picture = _glow(picture, (width * 0.22, height * 0.35), height * 0.7, (232, 120, 148), 0.75)
    picture = _glow(picture, (width * 0.8, height * 0.3), height * 0.75, (70, 186, 200), 0.7)
    picture = _glow(picture, (width * 0.52, height * 1.0), height * 0.5, (250, 190, 120), 0.55)
    rng = np.random.default_rng(10)
    for _ in range(14):  # lights out of focus
        disc = Image.new("L", picture.size, 0)
        x, y, radius = (
            rng.uniform(0, width),
            rng.uniform(0, height),
            height * rng.uniform(0.03, 0.1),
        )
        ImageDraw.Draw(disc).ellipse((x - radius, y - radius, x + radius, y + radius), fill=46)
        picture.paste(
            _gradient(height, width, [(0, (255, 236, 214)), (1, (255, 206, 150))]), mask=disc
        )
    return _blur(picture, height / 240)


def _books(draw: ImageDraw.ImageDraw, rng: np.random.Generator, shelf: tuple[int, ...]) -> None:
    """A row of books standing on the lower edge of ``shelf`` (left, top, right, bottom)."""
    palette = [(178, 74, 58), (214, 164, 86), (58, 92, 120), (96, 124, 92), (226, 212, 190),
               (122, 70, 96), (200, 110, 66), (44, 54, 70)]  # fmt: skip
    left, top, right, bottom = shelf
    unit = bottom - top
    x = left
    while x < right - unit // 5:
        width = max(1, int(unit * rng.uniform(0.12, 0.26)))
        tall = int(unit * rng.uniform(0.6, 0.9))
        if rng.random() < 0.16:  # a gap, as on real shelves
            x += width
            continue
        colour = palette[rng.integers(len(palette))]
        box = (x, bottom - tall, max(x, min(x + width - 2, right)), bottom)
        draw.rectangle(box, fill=colour)
        band = tuple(min(255, c + 46) for c in colour)
        draw.rectangle((box[0], box[1] + tall // 6, box[2], box[1] + tall // 4), fill=band)
        x += width


def _window(draw: ImageDraw.ImageDraw, picture: Image.Image, box: tuple[int, ...]) -> None:
    """A window with sky behind it; ``box`` is (left, top, right, bottom)."""
    left, top, right, bottom = box
    frame = (bottom - top) // 22
    draw.rectangle((left - frame, top - frame, right + frame, bottom + frame), fill=(244, 240, 232))
    sky = _gradient(
        bottom - top,
        right - left,
        [(0, (126, 182, 226)), (0.8, (226, 232, 226)), (1, (150, 176, 130))],
    )
    sky = _glow(
        sky,
        ((right - left) * 0.7, (bottom - top) * 0.3),
        (bottom - top) * 0.3,
        (255, 255, 255),
        0.8,
    )
    picture.paste(sky, (left, top))
    middle = (left + right) // 2
    draw.rectangle((middle - frame // 2, top, middle + frame // 2, bottom), fill=(244, 240, 232))
    across = top + (bottom - top) * 2 // 5
    draw.rectangle((left, across - frame // 2, right, across + frame // 2), fill=(244, 240, 232))


def _room(height: int, width: int) -> Image.Image:
    """A living room: a window, shelves of books, a lamp."""
    picture = _gradient(height, width, [(0, (208, 190, 168)), (1, (176, 150, 126))])
    picture = _grain(picture, seed=2, amplitude=5, size=max(2, height // 120))
    draw = ImageDraw.Draw(picture)
    _window(
        draw, picture, (int(width * 0.07), int(height * 0.1), int(width * 0.34), int(height * 0.66))
    )
    rng = np.random.default_rng(20)
    left, right = int(width * 0.58), int(width * 0.97)
    step = int(height * 0.235)
    for row in range(4):
        top = int(height * 0.03) + row * step
        board = top + step - step // 9
        draw.rectangle((left, top, right, board), fill=(116, 84, 60))
        _books(draw, rng, (left + 4, top, right - 4, board))
        draw.rectangle((left - 8, board, right + 8, top + step), fill=(150, 108, 72))
    floor = int(height * 0.93)
    draw.rectangle((0, floor, width, height), fill=(104, 72, 54))
    draw.rectangle((0, floor - height // 60, width, floor), fill=(236, 226, 212))
    picture = _glow(picture, (width * 0.48, height * 0.28), height * 0.3, (255, 226, 166), 0.65)
    return _blur(picture, height / 400)


def _towers(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    size: tuple[int, int],
    base: float,
    wall: Colour,
) -> None:
    """A row of buildings with lit windows, ``base`` × height tall on average."""
    width, height = size
    x = -width // 30
    while x < width:
        breadth = int(width * rng.uniform(0.05, 0.1))
        top = int(height * (1 - base * rng.uniform(0.6, 1.3)))
        shade = rng.uniform(0.8, 1.2)
        draw.rectangle((x, top, x + breadth, height), fill=tuple(int(c * shade) for c in wall))
        pane = max(3, height // 70)
        for y in range(top + pane, height, pane * 2):
            for column in range(x + pane, x + breadth - pane, pane * 2):
                if rng.random() < 0.38:
                    warm = (255, int(rng.uniform(180, 226)), int(rng.uniform(96, 160)))
                    draw.rectangle((column, y, column + pane - 2, y + pane), fill=warm)
        x += breadth + int(width * rng.uniform(0.0, 0.014))


def _city(height: int, width: int) -> Image.Image:
    """A city at dusk, seen from a high window."""
    stops = [
        (0, (38, 34, 84)),
        (0.4, (142, 78, 132)),
        (0.68, (240, 138, 104)),
        (1, (252, 200, 130)),
    ]
    picture = _gradient(height, width, stops)
    picture = _glow(picture, (width * 0.7, height * 0.62), height * 0.3, (255, 226, 170), 0.9)
    rng = np.random.default_rng(30)
    _towers(ImageDraw.Draw(picture), rng, (width, height), 0.5, (104, 70, 108))
    picture = _blur(picture, height / 200)
    _towers(ImageDraw.Draw(picture), rng, (width, height), 0.3, (44, 36, 68))
    return _blur(picture, height / 500)


def _leaf(centre: tuple[float, float], length: float, angle: float) -> list[tuple[float, float]]:
    """The outline of one leaf, as polygon points."""
    t = np.linspace(0, 1, 9)
    bulge = np.sin(np.pi * t) * length * 0.23
    along = np.concatenate([t, t[::-1]]) * length
    across = np.concatenate([bulge, -bulge[::-1]])
    x = centre[0] + along * np.cos(angle) - across * np.sin(angle)
    y = centre[1] + along * np.sin(angle) + across * np.cos(angle)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _foliage(height: int, width: int) -> Image.Image:
    """A sunny hedge: three layers of leaves, the far ones out of focus."""
    picture = _gradient(
        height, width, [(0, (196, 220, 150)), (0.5, (116, 162, 92)), (1, (44, 84, 58))]
    )
    picture = _glow(picture, (width * 0.3, height * 0.1), height * 0.6, (255, 250, 200), 0.8)
    rng = np.random.default_rng(40)
    for count, length, blur in ((150, 0.24, 70), (170, 0.19, 150), (120, 0.15, 420)):
        draw = ImageDraw.Draw(picture)
        for _ in range(count):
            centre = (rng.uniform(-0.05, 1.05) * width, rng.uniform(-0.1, 1.05) * height)
            light = rng.uniform(0.35, 1.15) * (1.15 - 0.5 * centre[1] / height)
            colour = tuple(int(min(255, c * light)) for c in (120 + rng.uniform(-30, 50), 176, 84))
            size = length * height * rng.uniform(0.6, 1.2)
            draw.polygon(_leaf(centre, size, rng.uniform(0, 2 * np.pi)), fill=colour)
        picture = _blur(picture, height / blur)
    return picture


_SCENES: dict[str, Callable[[int, int], Image.Image]] = {
    "studio": _studio,
    "room": _room,
    "city": _city,
    "foliage": _foliage,
}
SCENES: tuple[str, ...] = tuple(_SCENES)
"""The names that `scene` knows."""


@lru_cache(maxsize=8)
def scene(name: str, height: int, width: int) -> Rgb:
    """The drawn background ``name`` (one of `SCENES`) as uint8 ``[height, width, 3]``, read-only.

    Raises ``KeyError`` for a name that is none of them.
    """
    large = _SCENES[name](height * _SUPERSAMPLING, width * _SUPERSAMPLING)
    pixels = np.asarray(large.resize((width, height), Image.Resampling.BOX))
    pixels.flags.writeable = False
    return pixels
