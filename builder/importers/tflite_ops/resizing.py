"""RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR."""

import numpy as np

from builder.importers.tflite_model import ResizeOptions
from builder.importers.tflite_op import Op


def _resize_bilinear(op: Op) -> None:
    _resize(op, mode="linear")


def _resize_nearest_neighbor(op: Op) -> None:
    # TFLite takes floor(i × scale), and with the half added floor((i + ½) × scale), which is
    # ONNX's centre (i + ½) × scale − ½ rounded with halves up; aligned corners round likewise.
    options = op.options(ResizeOptions)
    rounds = options.half_pixel_centers or options.align_corners
    _resize(op, mode="nearest", nearest_mode="round_prefer_ceil" if rounds else "floor")


def _resize(op: Op, **attributes: str) -> None:
    options = op.options(ResizeOptions)
    if options.align_corners and options.half_pixel_centers:
        raise op.error("asks for aligned corners and half-pixel centres, which exclude each other")
    if options.half_pixel_centers:
        coordinates = "half_pixel"
    else:
        coordinates = "align_corners" if options.align_corners else "asymmetric"
    batch, _, _, channels = op.shape(0, rank=4)
    sizes = op.sizes(1, op.output_shape()[1:3])
    if len(sizes) != 2 or min(sizes) < 1:
        raise op.error(f"resizes to {list(sizes)}; the file is damaged, fetch it again")
    target = np.array([batch, channels, *sizes], np.int64)
    name = "shape_" + "x".join(str(size) for size in target)
    value = op.node(
        "Resize",
        [op.value(0), "", "", op.emitter.initializer(name, target)],
        coordinate_transformation_mode=coordinates,
        **attributes,
    )
    op.write(value)


CONVERTERS = {
    "RESIZE_BILINEAR": _resize_bilinear,
    "RESIZE_NEAREST_NEIGHBOR": _resize_nearest_neighbor,
}
