"""The golden frame: one picture and the alpha that a model answers it with.

The page runs it on each backend before it trusts that with a camera's frames: there are drivers
that compute something else without an error. The picture is the package's portrait before a drawn
city, which has soft and hard edges, dark and bright parts and few bytes when compressed.

As a file: uint8 ``[4, H, W]``: red, green and blue of the picture, as the model is fed with them
times 255, and the alpha times 255, rounded.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from builder.backgrounds import scene
from builder.contract import check_contract
from builder.demo import portrait
from builder.resample import resize
from builder.verify import run

if TYPE_CHECKING:
    import onnx

SCENE = "city"
PERSON_HEIGHT = 0.95  # of the frame's


def golden_picture(height: int, width: int) -> NDArray[np.uint8]:
    """Draw the picture: uint8 ``[3, height, width]``, RGB."""
    picture = scene(SCENE, height, width).astype(np.float32) / np.float32(255)
    rgb, alpha = portrait()
    # Colours weighted by alpha, so that resizing mixes no background into the outline.
    person = np.dstack([rgb / np.float32(255) * alpha[..., None], alpha])
    side = max(1, min(width, round(height * PERSON_HEIGHT)))
    person = resize(person, side, side)
    left = (width - side) // 2
    place = picture[height - side :, left : left + side]
    place *= 1 - person[..., 3:]
    place += person[..., :3]
    levels = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(2, 0, 1))


def golden_frame(model: "onnx.ModelProto", height: int, width: int) -> bytes:
    """Make the file of a model that keeps the contract; a recurrent one begins with zeros.

    Raises:
        VerifyError: the model cannot be run, or its answer is no probability.
    """
    picture = golden_picture(height, width)
    [alpha] = run(model, [picture[None].astype(np.float32) / np.float32(255)])
    levels = np.round(np.clip(alpha[0], 0, 1) * 255).astype(np.uint8)
    return np.concatenate([picture, levels]).tobytes()


def golden_distance(model: "onnx.ModelProto", golden: bytes) -> float:
    """Measure what the page measures: the mean |Δalpha| (0..1) to the file's own alpha.

    Raises:
        ContractError: the model does not keep the contract.
        VerifyError: it cannot be run, or its answer is no probability.
    """
    levels = np.frombuffer(golden, np.uint8).reshape(1, 4, *check_contract(model))
    frame = levels[:, :3].astype(np.float32) / np.float32(255)
    [alpha] = run(model, [frame])
    return float(np.abs(alpha.astype(np.float64) - levels[:, 3:] / 255).mean())
