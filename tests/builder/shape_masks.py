"""Made mattes, and what the shape options keep of them: `tests/shared`.

The browser's tests run the file; run this module to write it anew after a deliberate change.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from builder.shape import clean, keep_largest

FIXTURE = Path(__file__).parents[1] / "shared" / "shape-masks.json"

# (width, height, [left, top, right, bottom, alpha in 255ths]); later rectangles lie on top.
MASKS = {
    "body and islands": (128, 72, [
        (40, 20, 90, 72, 128), (44, 24, 86, 72, 255), (5, 5, 9, 9, 255), (110, 30, 124, 44, 255),
        (20, 60, 22, 62, 241), (60, 2, 66, 8, 200),
    ]),
    "linked by a corner": (64, 36, [(10, 10, 20, 20, 255), (20, 20, 40, 30, 90),
                                    (50, 5, 60, 30, 240), (45, 2, 47, 4, 25)]),
    "two of a size": (40, 20, [(2, 2, 8, 8, 255), (20, 10, 26, 16, 255)]),
    "around a hole": (256, 40, [(20, 4, 90, 36, 255), (30, 10, 80, 30, 0), (50, 16, 60, 24, 255),
                                (120, 0, 256, 40, 245)]),
    "a comb": (48, 24, [*[(x, 2, x + 2, 20, 255) for x in range(2, 40, 4)], (2, 20, 40, 22, 255),
                        (44, 2, 47, 22, 255)]),
    "nobody": (16, 9, [(3, 3, 6, 6, 20)]),
}  # fmt: skip


def drawn(width: int, height: int, rectangles: list[tuple[int, ...]]) -> Any:
    """The alpha of one mask."""
    alpha = np.zeros((height, width), np.float32)
    for left, top, right, bottom, level in rectangles:
        alpha[top:bottom, left:right] = np.float32(level / 255)
    return alpha


def recorded() -> list[dict[str, Any]]:
    """All that the file holds; rows of the results as text, x where something is left."""
    masks = []
    for name, (width, height, rectangles) in MASKS.items():
        alpha = drawn(width, height, rectangles)
        facts = {"name": name, "width": width, "height": height, "rectangles": rectangles}
        for key, result in (("clean", clean(alpha)), ("largest", keep_largest(alpha))):
            facts[key] = ["".join("x" if value else "." for value in row) for row in result]
        masks.append(facts)
    return masks


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(recorded()) + "\n", "utf-8")
