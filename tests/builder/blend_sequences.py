"""Made mattes, and what the blend over time makes of them: `tests/shared`.

The browser's tests run the file; run this module to write it anew after a deliberate change.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from builder.roi import Rect
from builder.temporal import TemporalFilter

FIXTURE = Path(__file__).parents[1] / "shared" / "blend-sequence.json"
HEIGHT, WIDTH = 5, 7
WHOLE, LEFT = Rect(0, 0, 70, 50), Rect(10, 5, 35, 40)

# (rectangle, seconds, read from a look at more, noise that is added to the picture, a cut)
STEPS = [
    (WHOLE, 0.0, False, 0.05, False),
    (WHOLE, 0.1, False, 0.05, False),
    (WHOLE, 0.2, False, 0.4, False),
    (LEFT, 0.3, False, 0.3, False),
    (LEFT, 0.4, True, 0.5, False),
    (LEFT, 0.5, False, 0.1, True),
    (LEFT, 0.6, False, 0.2, False),
    (LEFT, 1.3, False, 0.1, False),
    (LEFT, 1.2, False, 0.1, False),
    (WHOLE, 1.2, True, 0.1, False),
]


def recorded() -> list[dict[str, Any]]:
    """All that the file holds: alpha in, alpha out, rounded to what float32 can tell apart."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    base = 0.5 + 0.3 * np.sin(columns / 3 + rows / 4)
    blended = TemporalFilter()
    steps = []
    for rect, time_s, is_coarse, noise, is_cut in STEPS:
        if is_cut:
            base = 1 - np.round(base)
        wild = np.clip(base + noise * rng.uniform(-1, 1, base.shape), 0, 1)
        alpha = wild.round(6).astype(np.float32)
        result = blended.apply(alpha, rect, time_s, is_coarse=is_coarse)
        steps.append(
            {
                "rect": {"x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height},
                "timeS": time_s,
                "isCoarse": is_coarse,
                "alpha": [round(float(value), 6) for value in alpha.ravel()],
                "blended": [round(float(value), 7) for value in result.ravel()],
            }
        )
    return steps


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(recorded()) + "\n", "utf-8")
