"""Made pictures that move, their mattes, and what the blend with ``flow`` makes of them.

The browser's tests run the file; run this module to write it anew after a deliberate change.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from builder.roi import Rect
from builder.temporal import TemporalFilter

FIXTURE = Path(__file__).parents[1] / "shared" / "flow-sequence.json"
HEIGHT, WIDTH = 29, 41  # odd, and no whole number of blocks
WHOLE, LEFT = Rect(0, 0, 410, 290), Rect(10, 5, 200, 140)

# (rectangle, how far all has moved, read from a look at more, the picture is its negative)
STEPS = [
    (WHOLE, (0, 0), False, False),
    (WHOLE, (3, 0), False, False),
    (WHOLE, (5, -2), False, False),
    (LEFT, (7, -2), False, False),  # another part of the frame
    (LEFT, (9, -1), True, False),
    (LEFT, (10, 1), False, True),  # another scene behind the same matte
    (LEFT, (8, 1), False, True),
]


def recorded() -> list[dict[str, Any]]:
    """All that the file holds: bytes of a picture's red (see ``picture``) and of an alpha, as
    hexadecimal; and the alpha out, rounded to what float32 can tell apart.
    """
    rng = np.random.default_rng(11)
    flowing = TemporalFilter(flow=True)
    steps = []
    for i, (rect, moved, is_coarse, is_negative) in enumerate(STEPS):
        red = _texture(*moved, noise=rng.uniform(-2, 2, (HEIGHT, WIDTH)))
        red = 255 - red if is_negative else red
        alpha = _body(*moved, noise=rng.uniform(-8, 8, (HEIGHT, WIDTH)))
        result = flowing.apply(
            alpha.astype(np.float32) / np.float32(255),
            rect,
            i / 30,
            is_coarse=is_coarse,
            picture=picture(red),
        )
        steps.append(
            {
                "rect": {"x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height},
                "timeS": i / 30,
                "isCoarse": is_coarse,
                "red": red.tobytes().hex(),
                "alpha": alpha.tobytes().hex(),
                "blended": [round(float(value), 7) for value in result.ravel()],
            }
        )
    return steps


def picture(red: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give the RGB ``[3, h, w]`` 0..1: green is as red, blue is red upside down."""
    return np.stack([red, red, red[::-1]]).astype(np.float32) / np.float32(255)


def _texture(dx: int, dy: int, noise: NDArray[np.float64]) -> NDArray[np.uint8]:
    y, x = np.mgrid[:HEIGHT, :WIDTH] - np.array([dy, dx])[:, None, None]
    value = 0.3 + 0.1 * np.sin(x / 3 + np.sin(y / 4)) + 0.1 * np.cos(y / 2.5 + np.sin(x / 5))
    return np.asarray(np.clip(255 * value + noise, 0, 255).round(), np.uint8)


def _body(dx: int, dy: int, noise: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A disc with a soft edge."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    alpha = np.clip((10 - np.hypot(x - 16 - dx, y - 15 - dy)) / 6 + 0.5, 0, 1)
    return np.asarray(np.clip(255 * alpha + noise, 0, 255).round(), np.uint8)


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(recorded()) + "\n", "utf-8")
