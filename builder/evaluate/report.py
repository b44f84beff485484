"""An evaluation as one HTML file: the figures, and the worst pictures side by side."""

import base64
import io
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from numpy.typing import NDArray
from PIL import Image

from builder import paths
from builder.evaluate.folders import read_pair

Float = NDArray[np.float32]
Rgb = NDArray[np.uint8]

WORST = 12
SIDE = 320  # the longer side of a picture in the page, pixels
QUALITY = 80
HIDDEN = ("perPicture", "unreadable", "unpaired")


def render_evaluation(
    facts: Mapping[str, Any],
    pairs: Mapping[str, tuple[Path, Path]],
    alpha_of: Callable[[Rgb], Float],
) -> str:
    """Write the page.

    Args:
        facts: the evaluation as JSON, with ``perPicture``.
        pairs: picture and mask by the picture's name.
        alpha_of: mattes a picture ``[H, W, 3]`` as it was measured, ``[H, W]``.
    """
    measured = sorted(facts["perPicture"], key=lambda figures: figures["iouPerson"])
    worst = [_shown(entry, pairs[entry["name"]], alpha_of) for entry in measured[:WORST]]
    source = (paths.PACKAGE_DIR / "assets" / "evaluation.html.j2").read_text("utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
    rows = [(name, _text(value)) for name, value in facts.items() if name not in HIDDEN]
    return page.render(
        model=facts["model"], rows=rows, worst=worst, lost=facts["unreadable"],
        unpaired=facts["unpaired"], bars=_histogram([p["iouPerson"] for p in measured]),
    )  # fmt: skip


def _shown(
    entry: Mapping[str, Any], pair: tuple[Path, Path], alpha_of: Callable[[Rgb], Float]
) -> dict[str, Any]:
    rgb, mask = read_pair(*pair)
    alpha = alpha_of(rgb)
    # Red is person that is missing, blue is background that is kept.
    wrong = np.dstack([np.clip(mask - alpha, 0, 1), np.zeros_like(alpha),
                       np.clip(alpha - mask, 0, 1)])  # fmt: skip
    white = np.full(3, 255, np.uint8)
    cutout = (rgb * alpha[..., None] + white * (1 - alpha[..., None])).astype(np.uint8)
    pictures = {
        "picture": rgb, "mask": _grey(mask), "matte": _grey(alpha),
        "cut out": cutout, "wrong": (wrong * 255).astype(np.uint8),
    }  # fmt: skip
    figures = [(name, _text(value)) for name, value in entry.items() if name != "name"]
    return {
        "name": entry["name"], "iou": _text(entry["iouPerson"]), "figures": figures,
        "pictures": [(name, _data_url(array)) for name, array in pictures.items()],
    }  # fmt: skip


def _grey(values: Float) -> Rgb:
    return np.repeat((np.clip(values, 0, 1) * 255).astype(np.uint8)[..., None], 3, 2)


def _data_url(rgb: Rgb) -> str:
    picture = Image.fromarray(rgb)
    picture.thumbnail((SIDE, SIDE))
    data = io.BytesIO()
    picture.save(data, "WEBP", quality=QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(data.getvalue()).decode()}"


def _histogram(values: list[float]) -> list[dict[str, Any]]:
    """How many pictures have which IoU, in ten steps."""
    counts, _ = np.histogram(values, 10, (0, 1))
    most = max(int(counts.max()), 1)
    return [
        {"label": f"{i / 10:.1f}–{(i + 1) / 10:.1f}", "count": int(count), "share": count / most}
        for i, count in enumerate(counts)
    ]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4f}"
    return "–" if value is None else str(value)
