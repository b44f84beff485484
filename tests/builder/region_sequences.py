"""Made sequences for the region of interest, and what it makes of them: `tests/shared`.

Persons are rectangles, so that each language can draw them by one rule. The browser's tests run
the file; run this module to write it anew after a deliberate change.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from builder.roi import Look, Rect, RegionOfInterest

FIXTURE = Path(__file__).parents[1] / "shared" / "region-sequences.json"
ALPHA = 0.9

Person = tuple[float, float, float, float]  # left, top, right, bottom, 0..1 of the frame
Frames = list[tuple[float, list[Person]]]  # (seconds, who is there)


def draw(persons: list[Person], rect: Rect, size: tuple[int, int], model: tuple[int, int]) -> Any:
    """A model's alpha of ``rect``: a pixel is person where its centre is inside."""
    width, height = model
    x = (rect.x + (np.arange(width) + 0.5) * rect.width / width) / size[0]
    y = (rect.y + (np.arange(height) + 0.5) * rect.height / height) / size[1]
    alpha: NDArray[np.float32] = np.zeros((height, width), np.float32)
    for left, top, right, bottom in persons:
        inside = ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))
        alpha[inside] = ALPHA
    return alpha


def sequences() -> dict[str, tuple[tuple[int, int], tuple[int, int], Frames]]:
    """Name → (frame size, model size, frames)."""
    wide, square = (256, 144), (256, 256)
    still: Person = (0.4, 0.3, 0.6, 1.0)

    def walk(count: int, speed: float) -> Frames:
        return [(i / 30, [(0.1 + speed * i, 0.3, 0.3 + speed * i, 1.0)]) for i in range(count)]

    sway: Frames = [
        (i / 30, [(0.4 + 0.01 * math.sin(i), 0.3, 0.6 + 0.01 * math.sin(i), 1.0)])
        for i in range(40)
    ]
    newcomer: Frames = [
        (i / 30, [still] if i < 18 else [still, (0.05, 0.2, 0.15, 1.0)]) for i in range(45)
    ]
    nobody: Frames = [(i / 30, []) for i in range(5)]
    return {
        "still": ((1280, 720), wide, [(i / 30, [still]) for i in range(30)]),
        "swaying": ((1280, 720), wide, sway),
        "walking": ((1280, 720), wide, walk(60, 0.01)),
        "running": ((641, 361), square, walk(20, 0.035)),
        "a newcomer": ((1280, 720), wide, newcomer),
        "leaving": ((640, 480), square, [*walk(10, 0.0), *[(1 / 3 + t, p) for t, p in nobody]]),
        "coming": ((640, 480), square, [*nobody, (0.2, [still]), (0.23, [still])]),
        "close": ((720, 1280), square, [(i / 30, [(0.05, 0.1, 0.95, 1.0)]) for i in range(6)]),
        "tiny": ((1920, 1080), wide, [(i / 30, [(0.5, 0.5, 0.53, 0.56)]) for i in range(6)]),
        "time goes back": ((640, 360), wide, [(1.0, [still]), (1.1, [still]), (0.2, [still])]),
        "seldom": ((640, 360), wide, [(i / 2, [still]) for i in range(8)]),
        "shrinking": (
            (1280, 720), wide,
            [(i / 30, [(0.2, 0.1, 0.5, 1.0)] if i < 3 else [(0.3, 0.6, 0.4, 1.0)])
             for i in range(25)],
        ),
    }  # fmt: skip


def run(size: tuple[int, int], model: tuple[int, int], frames: Frames) -> list[dict[str, Any]]:
    """What each frame's looks and matte covered: ``[x, y, width, height]``."""
    region = RegionOfInterest(*model)
    steps = []
    for time_s, persons in frames:
        look: Look | None = region.look(*size, time_s)
        looks = []
        while look is not None:
            looks.append(_numbers(look.rect))
            last, look = look, region.learn(draw(persons, look.rect, size, model), look)
        steps.append({"looks": looks, "matte": _numbers(region.matte_rect(last))})
    return steps


def recorded() -> list[dict[str, Any]]:
    """All that the file holds."""
    return [
        {
            "name": name,
            "size": list(size),
            "model": list(model),
            "frames": [
                {"timeS": time_s, "persons": [list(person) for person in persons], **step}
                for (time_s, persons), step in zip(frames, run(size, model, frames), strict=True)
            ],
        }
        for name, (size, model, frames) in sequences().items()
    ]


def _numbers(rect: Rect) -> list[int]:
    return [rect.x, rect.y, rect.width, rect.height]


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(recorded()) + "\n", "utf-8")
