"""Someone's own pictures to calibrate int8 on."""

from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import QuantizeError
from builder.files import files_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# More make the ranges no better, and every one is run through the model.
MOST_PICTURES = 64


def calibration_files(folder: Path) -> tuple[Path, ...]:
    """List a folder's files, at most 64 of them, evenly spread over the names' order.

    Raises:
        QuantizeError: no such folder, or nothing in it.
    """
    files = files_in(folder, QuantizeError, "--calibration takes a folder of pictures")
    if not files:
        raise QuantizeError(f"{folder}: holds no picture to calibrate on; put a few dozen there")
    step = max(1, len(files) / MOST_PICTURES)
    return tuple(files[int(i * step)] for i in range(min(len(files), MOST_PICTURES)))


def picture_frames(folder: Path, height: int, width: int) -> "list[NDArray[np.float32]]":
    """Read a folder's pictures as a model's inputs: float32 ``[1, 3, height, width]``, RGB 0..1.

    Raises:
        QuantizeError: no such folder, or nothing in it.
        MediaError: a file is no picture.
    """
    return [_frame(path, height, width) for path in calibration_files(folder)]


def _frame(path: Path, height: int, width: int) -> "NDArray[np.float32]":
    import numpy as np

    from builder.media import read_picture
    from builder.resample import resize

    levels = resize(read_picture(path), height, width) / np.float32(255)
    return np.ascontiguousarray(levels.transpose(2, 0, 1)[None], np.float32)
