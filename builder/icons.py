"""The installed application's icons and its manifest: the mark of the page, drawn at build time."""

import io
import json
from collections.abc import Mapping
from functools import lru_cache

from PIL import Image, ImageDraw

Point = tuple[float, float]

# Sizes that browsers ask for; the maskable one is cut to whatever shape the system likes.
SIZES = (192, 512)
MASKABLE = 512

_SUPERSAMPLING = 4  # ImageDraw knows no antialiasing
_GRID = 32.0  # the mark's own units, as in assets/favicon.svg
_CORNER = 9.0

_GREEN, _LIGHT, _CHECK, _DARK = "#0f9d4c", "#f6f7f4", "#cfd6cf", "#10201a"
_CHECKS = ((0, 0), (8, 8), (0, 16), (8, 24))

# How much of a maskable icon's width the mark may take: systems cut up to a tenth from each side.
_SAFE = 0.8


def icon_files() -> dict[str, bytes]:
    """Draw the icons: PNG bytes by site path."""
    files = {f"icons/icon-{size}.png": _png(size, maskable=False) for size in SIZES}
    return files | {f"icons/maskable-{MASKABLE}.png": _png(MASKABLE, maskable=True)}


def app_manifest(title: str | Mapping[str, str], locale: str, description: str) -> bytes:
    """Write the web app manifest, which makes the site installable; all addresses are relative.

    Args:
        title: the site's name, or its names by language.
        locale: the language that the manifest speaks.
        description: one sentence.
    """
    name = title if isinstance(title, str) else title.get(locale, title["en"])
    icons = [
        {"src": f"icons/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in SIZES
    ]
    maskable = {
        "src": f"icons/maskable-{MASKABLE}.png",
        "sizes": f"{MASKABLE}x{MASKABLE}",
        "type": "image/png",
        "purpose": "maskable",
    }
    facts = {
        "name": name,
        "short_name": name,
        "description": description,
        "lang": locale,
        "id": "./",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#121413",
        "theme_color": "#121413",
        "categories": ["photo", "video", "utilities"],
        "icons": [*icons, maskable],
    }
    return (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode()


@lru_cache(maxsize=8)
def _png(size: int, *, maskable: bool) -> bytes:
    large = size * _SUPERSAMPLING
    picture = Image.new("RGBA", (large, large), _DARK if maskable else (0, 0, 0, 0))
    side = round(large * (_SAFE if maskable else 1))
    mark, shape = _mark(side), Image.new("L", (side, side), 0)
    corner = side * _CORNER / _GRID
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, side - 1, side - 1), corner, fill=255)
    margin = (large - side) // 2
    picture.paste(mark, (margin, margin), shape)
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _mark(side: int) -> Image.Image:
    unit = side / _GRID
    picture = Image.new("RGB", (side, side), _GREEN)
    draw = ImageDraw.Draw(picture)

    def box(left: float, top: float, right: float, bottom: float, fill: str) -> None:
        draw.rectangle((left * unit, top * unit, right * unit - 1, bottom * unit - 1), fill=fill)

    box(0, 0, 16, 32, _LIGHT)
    for x, y in _CHECKS:
        box(x, y, x + 8, y + 8, _CHECK)
    draw.circle((16 * unit, 12.1 * unit), 5.9 * unit, fill=_DARK)
    right = _bezier((19.1, 17.1), (24.0, 18.3), (27.2, 22.1), (27.7, 32.0))
    left = _bezier((4.3, 32.0), (4.8, 22.1), (8.0, 18.3), (12.9, 17.1))
    draw.polygon([(x * unit, y * unit) for x, y in (*right, *left)], fill=_DARK)
    return picture


def _bezier(*control: Point, steps: int = 24) -> list[Point]:
    """Points of a cubic Bézier curve, both ends included."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = control
    points = []
    for step in range(steps + 1):
        t, s = step / steps, 1 - step / steps
        a, b, c, d = s**3, 3 * s * s * t, 3 * s * t * t, t**3
        points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return points
