"""Reads an op's options table into the frozen values of `tflite_model`."""

from collections.abc import Callable
from typing import Any

import tflite

from builder.importers.tflite_model import (
    ArithmeticOptions,
    ConvOptions,
    Options,
    PoolOptions,
    ReduceOptions,
    ReshapeOptions,
    ResizeOptions,
)


def schema_names(enumeration: type) -> dict[int, str]:
    """Turn a schema enumeration (a class of integers) into number → name."""
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


_PADDINGS = schema_names(tflite.Padding)
_ACTIVATIONS = schema_names(tflite.ActivationFunctionType)


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


def _arithmetic(table: Any) -> ArithmeticOptions:
    return ArithmeticOptions(activation=_activation(table))


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
    "MEAN": ("ReducerOptions", _reduce),
    "RESHAPE": ("ReshapeOptions", _reshape),
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
