"""RESIZE_BILINEAR."""

import numpy as np

from builder.importers.tflite_model import ResizeOptions
from builder.importers.tflite_op import Op


def _resize_bilinear(op: Op) -> None:
    options = op.options(ResizeOptions)
    if options.align_corners and options.half_pixel_centers:
        raise op.error("asks for aligned corners and half-pixel centres, which exclude each other")
    if options.half_pixel_centers:
        mode = "half_pixel"
    else:
        mode = "align_corners" if options.align_corners else "asymmetric"
    batch, _, _, channels = op.shape(0, rank=4)
    sizes = op.integers(1)
    if len(sizes) != 2 or min(sizes) < 1:
        raise op.error(f"resizes to {list(sizes)}; the file is damaged, fetch it again")
    target = np.array([batch, channels, *sizes], np.int64)
    name = "shape_" + "x".join(str(size) for size in target)
    value = op.node(
        "Resize",
        [op.value(0), "", "", op.emitter.initializer(name, target)],
        mode="linear",
        coordinate_transformation_mode=mode,
    )
    op.write(value)


CONVERTERS = {"RESIZE_BILINEAR": _resize_bilinear}
