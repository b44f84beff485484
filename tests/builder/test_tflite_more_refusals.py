# ruff: noqa: E501 (a table reads best with a row a line)
"""What the ops beyond the default models' own refuse: one line naming the op and the file."""

import re
from pathlib import Path

import numpy as np
import pytest
from tflite_maker import Maker

from builder.errors import ModelImportError
from builder.importers import import_model
from builder.importers.tflite_ops import CONVERTERS

PICTURE = (1, 4, 6, 3)


def refusal(name, shapes, fixed, out, options=None, outputs=1):
    """Import one op with inputs of these shapes and then these constants; return the message."""
    maker = Maker()
    fed = [maker.tensor(*shape) for shape in shapes]
    constants = [maker.constant(x, np.asarray(x).dtype.name.replace("64", "32")) for x in fixed]
    results = [maker.tensor(*out) for _ in range(outputs)]
    first = name in ("SPLIT", "TRANSPOSE_CONV")  # whose constants come first
    maker.op(name, [*constants, *fed] if first else [*fed, *constants], results, options)
    with pytest.raises(ModelImportError) as info:
        import_model(maker.write(fed, results), "tflite", "made.tflite")
    message = str(info.value)
    assert message.startswith(f"made.tflite: op 0 ({name}): ")
    assert "\n" not in message
    return message


REFUSALS = [
    ("CONCATENATION", [PICTURE, (6, 3)], [], ("ConcatenationOptions", {"Axis": 0}), "joins tensors of [2, 4] dimensions"),
    ("CONCATENATION", [PICTURE] * 2, [], ("ConcatenationOptions", {"Axis": 4}), "along the axis 4 of 4 dimensions"),
    ("CONCATENATION", [PICTURE] * 2, [], ("ConcatenationOptions", {"Axis": -5}), "along the axis -5"),
    ("SPLIT", [PICTURE], [1], ("SplitOptions", {"NumSplits": 3}), "splits 4 into 3 equal parts"),
    ("SPLIT", [PICTURE], [[1, 2]], ("SplitOptions", {"NumSplits": 3}), "works along the axes [1, 2]"),
    ("SPLIT_V", [PICTURE], [[1, 2], 1], ("SplitVOptions", {}), "splits 4 into [1, 2]"),
    ("SPLIT_V", [PICTURE], [[0, 2, 2], 1], ("SplitVOptions", {}), "splits 4 into [0, 2, 2]"),
    ("SPLIT_V", [PICTURE], [[5, -1, 1], 1], ("SplitVOptions", {}), "splits 4 into [5, -2, 1]"),
    ("UNPACK", [PICTURE], [], ("UnpackOptions", {"Axis": 1}), "unpacks 4 slices into 3 outputs"),
    ("GATHER", [PICTURE], [[0]], ("GatherOptions", {"BatchDims": 1}), "batch_dims 1"),
    ("PAD", [PICTURE], [[[0, 0], [1, 1]]], None, "a constant table of 4 × 2 paddings"),
    ("PAD", [PICTURE], [[[0, 0], [1, -1], [0, 0], [0, 0]]], None, "none negative"),
    ("PAD", [PICTURE, (4, 2)], [], None, "must have a constant table"),
    ("PADV2", [PICTURE], [[[1, 0]] * 4, [1.0, 2.0]], None, "fills with 2 numbers"),
    ("MIRROR_PAD", [PICTURE], [[[0, 0], [2, 0], [0, 0], [0, 0]]], ("MirrorPadOptions", {"Mode": 1}), "mirrors 2 rows with the edge among them"),
    ("SLICE", [PICTURE], [[0, 0, 0, 2], [1, 4, 6, 2]], None, "slices [1, 4, 6, 2] at [0, 0, 0, 2]"),
    ("SLICE", [PICTURE], [[0, 0], [1, 4]], None, "slices [1, 4] at [0, 0] from [1, 4, 6, 3]"),
    ("STRIDED_SLICE", [PICTURE], [[0], [1], [1]], ("StridedSliceOptions", {"EllipsisMask": 1}), "has an ellipsis"),
    ("STRIDED_SLICE", [PICTURE], [[0], [1], [1]], ("StridedSliceOptions", {"NewAxisMask": 1}), "a new axis"),
    ("STRIDED_SLICE", [PICTURE], [[0], [1], [1]], ("StridedSliceOptions", {"Offset": True}), "or offsets"),
    ("STRIDED_SLICE", [PICTURE], [[0], [1], [0]], ("StridedSliceOptions", {}), "slices [1, 4, 6, 3] by"),
    ("STRIDED_SLICE", [PICTURE], [[0], [1, 1], [1]], ("StridedSliceOptions", {}), "slices [1, 4, 6, 3] by"),
    ("STRIDED_SLICE", [PICTURE], [[0, 3], [1, 3], [1, 1]], ("StridedSliceOptions", {}), "slices nothing"),
    ("TRANSPOSE", [PICTURE], [[0, 1, 1, 2]], None, "orders 4 dimensions as [0, 1, 1, 2]"),
    ("SQUEEZE", [PICTURE], [], ("SqueezeOptions", {"SqueezeDims": [1]}), "squeezes the axes [1] of [1, 4, 6, 3]"),
    ("EXPAND_DIMS", [PICTURE], [[0, 1]], None, "inserts at the axes [0, 1]"),
    ("EXPAND_DIMS", [PICTURE], [6], None, "along the axis 6 of 5 dimensions"),
    ("DEPTH_TO_SPACE", [PICTURE], [], ("DepthToSpaceOptions", {"BlockSize": 0}), "has blocks [0, 0]"),
    ("SPACE_TO_DEPTH", [(4, 6)], [], ("SpaceToDepthOptions", {"BlockSize": 2}), "not 4 dimensions"),
    ("ARG_MAX", [PICTURE], [[0, 1]], None, "works along the axes [0, 1], not along one"),
    ("SOFTMAX", [PICTURE], [], None, "has no options"),
    ("BATCH_MATMUL", [(3,), (3,)], [], ("BatchMatMulOptions", {}), "of less than 2 dimensions"),
    ("FULLY_CONNECTED", [PICTURE], [np.ones((2, 5))], ("FullyConnectedOptions", {}), "weights [2, 5] do not fit an input [1, 4, 6, 3]"),
    ("FULLY_CONNECTED", [(2, 6)], [np.ones((2, 3))], ("FullyConnectedOptions", {"KeepNumDims": True}), "weights [2, 3] do not fit"),
    ("FULLY_CONNECTED", [(2, 6)], [np.ones((2, 6))], ("FullyConnectedOptions", {"WeightsFormat": 1}), "in the format SHUFFLED4x16INT8"),
    ("TRANSPOSE_CONV", [PICTURE], [[1, 8, 12, 3], np.ones((2, 2, 2, 3))], ("TransposeConvOptions", {"StrideH": 2, "StrideW": 2}), "do not make the output [1, 8, 12, 3]"),
    ("TRANSPOSE_CONV", [PICTURE], [[1, 8, 12, 2], np.ones((2, 2, 2, 4))], ("TransposeConvOptions", {"StrideH": 2, "StrideW": 2}), "do not fit 3 input channels"),
    ("TRANSPOSE_CONV", [PICTURE], [[1, 8, 12, 2], np.ones((2, 2, 2, 3))], ("TransposeConvOptions", {"StrideH": 0, "StrideW": 2}), "has strides [0, 2]"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "fixed", "options", "complaint"), REFUSALS)
def test_what_an_op_does_not_take_is_refused(name, shapes, fixed, options, complaint):
    outputs = 3 if "SPLIT" in name or name == "UNPACK" else 1
    assert complaint in refusal(name, shapes, fixed, PICTURE, options, outputs)


def test_the_page_about_tflite_lists_the_ops():
    page = (Path(__file__).parents[2] / "docs" / "tflite.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert set(re.findall(r"`(\w+)`", "".join(rows))) == set(CONVERTERS)
