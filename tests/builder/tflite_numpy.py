"""What TFLite's ops compute, written anew in plain NumPy loops over NHWC.

It follows the definitions (tensorflow.org/api_docs: SAME and VALID, resize; the comments of
transpose_conv_bias.cc), shares no code with the importer and sees no ONNX.
"""

import math

import numpy as np


def windows(size: int, kernel: int, stride: int, dilation: int, padding: str) -> list[list[int]]:
    """For each output position the input positions under the kernel (may be outside)."""
    reach = (kernel - 1) * dilation + 1
    if padding == "SAME":
        count = math.ceil(size / stride)
        before = max((count - 1) * stride + reach - size, 0) // 2
    else:
        count = math.ceil((size - reach + 1) / stride)
        before = 0
    return [
        [out * stride - before + tap * dilation for tap in range(kernel)] for out in range(count)
    ]


def _patches(x, kernel, strides, dilations, padding):
    """Yield (out_y, out_x, [(tap_y, tap_x, pixel)…]) with the taps inside the picture only."""
    _, height, width, _ = x.shape
    rows = windows(height, kernel[0], strides[0], dilations[0], padding)
    columns = windows(width, kernel[1], strides[1], dilations[1], padding)
    for out_y, ys in enumerate(rows):
        for out_x, xs in enumerate(columns):
            yield (
                out_y,
                out_x,
                [
                    (tap_y, tap_x, x[:, y, at])
                    for tap_y, y in enumerate(ys)
                    for tap_x, at in enumerate(xs)
                    if 0 <= y < height and 0 <= at < width
                ],
            )


def _empty_output(x, channels, kernel, strides, dilations, padding):
    rows = windows(x.shape[1], kernel[0], strides[0], dilations[0], padding)
    columns = windows(x.shape[2], kernel[1], strides[1], dilations[1], padding)
    return np.zeros((x.shape[0], len(rows), len(columns), channels))


def conv_2d(x, weights, bias, strides, dilations, padding):
    """``weights`` OHWI; fewer input channels than x has mean groups."""
    out_channels, *kernel, share = weights.shape
    groups = x.shape[3] // share
    y = _empty_output(x, out_channels, kernel, strides, dilations, padding) + bias
    for row, column, taps in _patches(x, kernel, strides, dilations, padding):
        for tap_y, tap_x, pixel in taps:
            for out in range(out_channels):
                first = out // (out_channels // groups) * share
                part = pixel[:, first : first + share]
                y[:, row, column, out] += part @ weights[out, tap_y, tap_x]
    return y


def depthwise_conv_2d(x, weights, bias, strides, dilations, padding):
    """``weights`` [1, H, W, channels × multiplier]."""
    _, *kernel, out_channels = weights.shape
    multiplier = out_channels // x.shape[3]
    y = _empty_output(x, out_channels, kernel, strides, dilations, padding) + bias
    for row, column, taps in _patches(x, kernel, strides, dilations, padding):
        for tap_y, tap_x, pixel in taps:
            for out in range(out_channels):
                y[:, row, column, out] += (
                    pixel[:, out // multiplier] * weights[0, tap_y, tap_x, out]
                )
    return y


def pool(x, kernel, strides, padding, reduce):
    """``reduce``: np.mean or np.max over the real pixels under the window."""
    y = _empty_output(x, x.shape[3], kernel, strides, (1, 1), padding)
    for row, column, taps in _patches(x, kernel, strides, (1, 1), padding):
        y[:, row, column] = reduce([pixel for _, _, pixel in taps], axis=0)
    return y


def transpose_conv_bias(x, weights, bias, strides, padding):
    """``weights`` OHWI; the full output, cropped for SAME."""
    batch, height, width, _ = x.shape
    channels, kernel_y, kernel_x, _ = weights.shape
    stride_y, stride_x = strides
    full = np.zeros(
        (batch, stride_y * (height - 1) + kernel_y, stride_x * (width - 1) + kernel_x, channels)
    )
    for row in range(height):
        for column in range(width):
            for tap_y in range(kernel_y):
                for tap_x in range(kernel_x):
                    full[:, row * stride_y + tap_y, column * stride_x + tap_x] += (
                        x[:, row, column] @ weights[:, tap_y, tap_x].T
                    )
    if padding == "SAME":
        for axis, size, kernel, stride in (
            (1, height, kernel_y, stride_y),
            (2, width, kernel_x, stride_x),
        ):
            crop = max(0, kernel - (size - 1) % stride - 1)
            keep = np.arange(crop // 2, full.shape[axis] - (crop - crop // 2))
            full = full.take(keep, axis)
    return full + bias


def transpose_conv(x, weights, bias, strides, size, padding):
    """``weights`` OHWI; ``size`` of the output.

    The transpose of the convolution that would take the output to x: every output pixel under
    that convolution's window at (row, column) gets its share of x's pixel there.
    """
    channels, *kernel, _ = weights.shape
    y = np.zeros((x.shape[0], *size, channels))
    rows = windows(size[0], kernel[0], strides[0], 1, padding)
    columns = windows(size[1], kernel[1], strides[1], 1, padding)
    for row, ys in enumerate(rows):
        for column, xs in enumerate(columns):
            for tap_y, out_y in enumerate(ys):
                for tap_x, out_x in enumerate(xs):
                    if 0 <= out_y < size[0] and 0 <= out_x < size[1]:
                        y[:, out_y, out_x] += x[:, row, column] @ weights[:, tap_y, tap_x].T
    return y + bias


def resize_nearest(x, height, width, *, align_corners, half_pixel_centers):
    for axis, target in ((1, height), (2, width)):
        size = x.shape[axis]
        i = np.arange(target)
        if align_corners and target > 1:
            at = (2 * i * (size - 1) + target - 1) // (2 * (target - 1))  # rounded, halves up
        elif half_pixel_centers:
            at = (2 * i + 1) * size // (2 * target)
        else:
            at = i * size // target
        x = x.take(np.minimum(at, size - 1), axis)
    return x


def resize_bilinear(x, height, width, *, align_corners, half_pixel_centers):
    for axis, target in ((1, height), (2, width)):
        size = x.shape[axis]
        aligned = align_corners and target > 1
        scale = (size - 1) / (target - 1) if aligned else size / target
        at = (
            (np.arange(target) + 0.5) * scale - 0.5
            if half_pixel_centers
            else np.arange(target) * scale
        )
        at = np.clip(at, 0, size - 1)
        low = np.floor(at).astype(int)
        share = (at - low).reshape([-1 if a == axis else 1 for a in range(4)])
        x = x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, size - 1), axis) * share
    return x


ACTIVATIONS = {
    "NONE": lambda x: x,
    "RELU": lambda x: np.maximum(x, 0),
    "RELU6": lambda x: np.clip(x, 0, 6),
    "RELU_N1_TO_1": lambda x: np.clip(x, -1, 1),
    "TANH": np.tanh,
    "LOGISTIC": lambda x: 1 / (1 + np.exp(-x)),
    "HARD_SWISH": lambda x: x * np.clip(x + 3, 0, 6) / 6,
}
