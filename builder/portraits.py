"""Real portraits to calibrate and to verify on, made from the one that the package carries.

The person is cut out, moved, scaled, mirrored and relit before drawn backgrounds, with camera
noise, as a webcam would frame them. Every picture is a pure function of its seed.
"""

import numpy as np
from numpy.typing import NDArray

from builder.backgrounds import SCENES, scene
from builder.demo import portrait
from builder.resample import resize

Float = NDArray[np.float32]

# How a webcam frames a person; shares of the frame's height and width.
PERSON_HEIGHT = (0.6, 1.25)  # above 1 the top of the head leaves the frame
PERSON_CENTRE = (0.3, 0.7)
PERSON_SINK = (0.0, 0.15)  # how much is below the lower edge
LIGHT = (0.6, 1.3)  # gain; a dim room to a bright window
GAMMA = (0.75, 1.35)
TINT = 0.08  # colour cast: gain of a channel, ± this much
NOISE = (0.0, 0.03)  # standard deviation of a webcam's noise, from good light to poor


def calibration_frames(
    height: int, width: int, count: int = 32, seed: int = 0
) -> list[NDArray[np.float32]]:
    """Make model inputs: one person each, no two alike.

    Args:
        height: of the frames, in pixels.
        width: of the frames, in pixels.
        count: how many; the first ones of a seed are the same for every count.
        seed: chooses the pictures; other seeds give other pictures.

    Returns:
        float32 ``[1, 3, height, width]``, RGB 0..1, quantised to 8 bits as a camera's are.
    """
    return [frame for frame, _ in labelled_frames(height, width, count, seed)]


def labelled_frames(
    height: int, width: int, count: int = 32, seed: int = 0
) -> list[tuple[Float, Float]]:
    """Make the same inputs with their true alpha, float32 ``[height, width]`` 0..1."""
    return [_frame(height, width, np.random.default_rng([seed, i]), i) for i in range(count)]


def _frame(height: int, width: int, rng: np.random.Generator, index: int) -> tuple[Float, Float]:
    picture = _background(height, width, rng, index)
    alpha = _paste_person(picture, rng)
    gain = rng.uniform(*LIGHT) * rng.uniform(1 - TINT, 1 + TINT, 3)
    lit = np.clip(picture, 0, 1) ** rng.uniform(*GAMMA) * gain
    lit += rng.normal(0, rng.uniform(*NOISE), picture.shape)
    levels = np.round(np.clip(lit, 0, 1) * 255).astype(np.float32)
    return np.ascontiguousarray(levels.transpose(2, 0, 1)[None] / np.float32(255)), alpha


def _background(height: int, width: int, rng: np.random.Generator, index: int) -> Float:
    picture = scene(SCENES[index % len(SCENES)], height, width).astype(np.float32) / 255
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    return np.multiply(picture, rng.uniform(*LIGHT), dtype=np.float32)


def _paste_person(picture: Float, rng: np.random.Generator) -> Float:
    """Blend the person into the picture, standing on its lower edge or below it; give the alpha."""
    height, width, _ = picture.shape
    rgb, alpha = portrait()
    # Colours weighted by alpha, so that resizing mixes no background into the outline.
    person = np.dstack([rgb / np.float32(255) * alpha[..., None], alpha])
    side = max(1, round(height * rng.uniform(*PERSON_HEIGHT)))
    person = resize(person, side, max(1, side * alpha.shape[1] // alpha.shape[0]))
    if rng.random() < 0.5:
        person = person[:, ::-1]
    top = height - side + round(height * rng.uniform(*PERSON_SINK))
    left = round(width * rng.uniform(*PERSON_CENTRE) - person.shape[1] / 2)
    rows = slice(max(top, 0), min(top + person.shape[0], height))
    columns = slice(max(left, 0), min(left + person.shape[1], width))
    part = person[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    picture[rows, columns] *= 1 - part[..., 3:]
    picture[rows, columns] += part[..., :3]
    alpha = np.zeros((height, width), np.float32)
    alpha[rows, columns] = np.clip(part[..., 3], 0, 1)
    return alpha
