"""TFLite's paddings as ONNX's explicit ones (tensorflow/lite/kernels/padding.h)."""

from builder.importers.tflite_op import Op


def pads(
    op: Op,
    padding: str,
    sizes: tuple[int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
) -> list[int]:
    """Return [top, left, bottom, right] for a window that slides over ``sizes`` (h, w).

    ``window`` is the kernel with its dilation counted in. SAME gives ceil(size / stride) outputs
    and puts the odd pixel at the bottom and right, which ONNX calls SAME_UPPER; it is written out
    in numbers because not every runtime treats the automatic modes alike.
    """
    if padding == "VALID":
        for size, reach in zip(sizes, window, strict=True):
            if reach > size:
                raise op.error(f"slides a window of {reach} over {size}; the file is damaged")
        return [0, 0, 0, 0]
    totals = [
        max((-(-size // stride) - 1) * stride + reach - size, 0)
        for size, reach, stride in zip(sizes, window, strides, strict=True)
    ]
    before = [total // 2 for total in totals]
    return before + [total - first for total, first in zip(totals, before, strict=True)]
