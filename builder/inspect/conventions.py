"""The usual ways to feed a picture to a network."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Triple = tuple[float, float, float]
Float = NDArray[np.float32]


@dataclass(frozen=True)
class Convention:
    """A channel of the picture, 0..1, reaches the network as ``(value * scale − mean) / std``."""

    name: str
    scale: float = 1.0
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    channels: str = "RGB"

    def prepare(self, frame: Float) -> NDArray[np.float64]:
        """Make ``[1, 3, H, W]`` as the network wants it from a frame, RGB 0..1."""
        spread = (1, 3, 1, 1)
        mean, std = (np.array(triple).reshape(spread) for triple in (self.mean, self.std))
        picture = (frame.astype(np.float64) * self.scale - mean) / std
        return np.asarray(picture[:, ::-1] if self.channels == "BGR" else picture)


_RANGES = (
    Convention("0..1"),
    Convention("−1..1", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    # The means of ImageNet, as torchvision and PaddleSeg have them.
    Convention("ImageNet", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    Convention("0..255", scale=255.0),
    # The same means in bytes, without a division: Caffe and its heirs.
    Convention("0..255 less ImageNet's mean", scale=255.0, mean=(123.675, 116.28, 103.53)),
)


def conventions(dtype: str) -> tuple[Convention, ...]:
    """List the conventions that an input of a type can have, each for RGB and BGR."""
    ranges = [c for c in _RANGES if dtype != "uint8" or c.name == "0..255"]
    return tuple(
        Convention(c.name, c.scale, c.mean, c.std, channels)
        for c in ranges
        for channels in ("RGB", "BGR")
    )
