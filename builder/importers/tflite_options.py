"""Reads an op's options table into the frozen values of `tflite_model`."""

from collections.abc import Callable
from typing import Any

import tflite

from builder.importers.tflite_model import (
    ActivationOptions,
    AxisOptions,
    BatchMatMulOptions,
    ConcatenationOptions,
    ConvOptions,
    FullyConnectedOptions,
    NumberOptions,
    Options,
    PoolOptions,
    ReduceOptions,
    ReshapeOptions,
    ResizeOptions,
    SqueezeOptions,
    StridedSliceOptions,
    TransposeConvOptions,
)


def schema_names(enumeration: type) -> dict[int, str]:
    """Turn a schema enumeration (a class of integers) into number → name."""
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


_PADDINGS = schema_names(tflite.Padding)
_ACTIVATIONS = schema_names(tflite.ActivationFunctionType)
_WEIGHTS_FORMATS = schema_names(tflite.FullyConnectedOptionsWeightsFormat)


def _padding(table: Any) -> str:
    return _named(_PADDINGS, table.Padding(), "padding")


def _activation(table: Any) -> str:
    return _named(_ACTIVATIONS, table.FusedActivationFunction(), "activation")


def _named(names: dict[int, str], number: int, what: str) -> str:
    if number not in names:
        raise ValueError(f"{what} number {number}")
    return names[number]


def _strides(table: Any) -> tuple[int, int]:
    return table.StrideH(), table.StrideW()


def _dilations(table: Any) -> tuple[int, int]:
    return table.DilationHFactor(), table.DilationWFactor()


def _convolution(table: Any) -> ConvOptions:
    return ConvOptions(
        padding=_padding(table),
        strides=_strides(table),
        dilations=_dilations(table),
        activation=_activation(table),
    )


def _pool(table: Any) -> PoolOptions:
    return PoolOptions(
        padding=_padding(table),
        strides=_strides(table),
        kernel=(table.FilterHeight(), table.FilterWidth()),
        activation=_activation(table),
    )


def _arithmetic(table: Any) -> ActivationOptions:
    return ActivationOptions(activation=_activation(table))


def _concatenation(table: Any) -> ConcatenationOptions:
    return ConcatenationOptions(axis=table.Axis(), activation=_activation(table))


def _transpose_conv(table: Any) -> TransposeConvOptions:
    return TransposeConvOptions(
        padding=_padding(table), strides=_strides(table), activation=_activation(table)
    )


def _fully_connected(table: Any) -> FullyConnectedOptions:
    return FullyConnectedOptions(
        activation=_activation(table),
        weights_format=_named(_WEIGHTS_FORMATS, table.WeightsFormat(), "weights format"),
        keep_dims=bool(table.KeepNumDims()),
    )


def _batch_mat_mul(table: Any) -> BatchMatMulOptions:
    return BatchMatMulOptions(adjoint_x=bool(table.AdjX()), adjoint_y=bool(table.AdjY()))


def _squeeze(table: Any) -> SqueezeOptions:
    if table.SqueezeDimsIsNone():
        return SqueezeOptions(axes=())
    return SqueezeOptions(axes=tuple(table.SqueezeDimsAsNumpy().tolist()))


def _strided_slice(table: Any) -> StridedSliceOptions:
    return StridedSliceOptions(
        begin_mask=table.BeginMask(),
        end_mask=table.EndMask(),
        ellipsis_mask=table.EllipsisMask(),
        new_axis_mask=table.NewAxisMask(),
        shrink_axis_mask=table.ShrinkAxisMask(),
        offset=bool(table.Offset()),
    )


def _gather(table: Any) -> AxisOptions:
    return AxisOptions(axis=table.Axis(), batch_dims=table.BatchDims())


def _axis(table: Any) -> AxisOptions:
    return AxisOptions(axis=table.Axis())


def _number(field: str) -> Callable[[Any], NumberOptions]:
    return lambda table: NumberOptions(number=getattr(table, field)())


def _resize(table: Any) -> ResizeOptions:
    return ResizeOptions(
        align_corners=bool(table.AlignCorners()),
        half_pixel_centers=bool(table.HalfPixelCenters()),
    )


def _reduce(table: Any) -> ReduceOptions:
    return ReduceOptions(keep_dims=bool(table.KeepDims()))


def _reshape(table: Any) -> ReshapeOptions:
    if table.NewShapeIsNone():
        return ReshapeOptions(new_shape=None)
    return ReshapeOptions(new_shape=tuple(table.NewShapeAsNumpy().tolist()))


# Op name → the schema's options table and how it is read. An op without a row has no options
# that matter, or is custom.
_READERS: dict[str, tuple[str, Callable[[Any], Options]]] = {
    "CONV_2D": ("Conv2DOptions", _convolution),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", _convolution),
    "AVERAGE_POOL_2D": ("Pool2DOptions", _pool),
    "MAX_POOL_2D": ("Pool2DOptions", _pool),
    "ADD": ("AddOptions", _arithmetic),
    "SUB": ("SubOptions", _arithmetic),
    "MUL": ("MulOptions", _arithmetic),
    "DIV": ("DivOptions", _arithmetic),
    "RESIZE_BILINEAR": ("ResizeBilinearOptions", _resize),
    "RESIZE_NEAREST_NEIGHBOR": ("ResizeNearestNeighborOptions", _resize),
    "MEAN": ("ReducerOptions", _reduce),
    "SUM": ("ReducerOptions", _reduce),
    "REDUCE_MAX": ("ReducerOptions", _reduce),
    "REDUCE_MIN": ("ReducerOptions", _reduce),
    "RESHAPE": ("ReshapeOptions", _reshape),
    "SQUEEZE": ("SqueezeOptions", _squeeze),
    "STRIDED_SLICE": ("StridedSliceOptions", _strided_slice),
    "GATHER": ("GatherOptions", _gather),
    "PACK": ("PackOptions", _axis),
    "UNPACK": ("UnpackOptions", _axis),
    "CONCATENATION": ("ConcatenationOptions", _concatenation),
    "TRANSPOSE_CONV": ("TransposeConvOptions", _transpose_conv),
    "FULLY_CONNECTED": ("FullyConnectedOptions", _fully_connected),
    "BATCH_MATMUL": ("BatchMatMulOptions", _batch_mat_mul),
    "SOFTMAX": ("SoftmaxOptions", _number("Beta")),
    "LEAKY_RELU": ("LeakyReluOptions", _number("Alpha")),
    "DEPTH_TO_SPACE": ("DepthToSpaceOptions", _number("BlockSize")),
    "SPACE_TO_DEPTH": ("SpaceToDepthOptions", _number("BlockSize")),
    "MIRROR_PAD": ("MirrorPadOptions", _number("Mode")),
}


def read_options(name: str, operator: Any) -> Options | None:
    """Read the options of the op called ``name``; ``None`` if it has none of the expected kind.

    Raises:
        struct.error, TypeError, ValueError: a damaged table (the reader translates them).
    """
    if name not in _READERS:
        return None
    kind, read = _READERS[name]
    union = operator.BuiltinOptions()
    if union is None or operator.BuiltinOptionsType() != getattr(tflite.BuiltinOptions, kind):
        return None
    table = getattr(tflite, kind)()
    table.Init(union.Bytes, union.Pos)
    return read(table)
