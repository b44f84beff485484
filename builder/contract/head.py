"""What lies between the model's own answer and ``alpha``.

The answer is brought to planes ``[1, C, h, w]``, its head is applied at its own size, and an alpha
of another size is resized to the frame's: bilinear, half-pixel centres, edges clamped.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnx

from builder.contract.graph import Editor, shape_text
from builder.errors import ContractError

if TYPE_CHECKING:
    from builder.recipe import Output

NHWC_TO_NCHW = [0, 3, 1, 2]
SINGLE_KINDS = ("alpha", "logit", "argmax")


def put_at_the_end(
    graph: onnx.GraphProto,
    answer: onnx.ValueInfoProto,
    shape: Sequence[int],
    spec: "Output",
    layout: str,
    size: tuple[int, int],
) -> str:
    """Append what makes alpha from the answer; return the alpha's name.

    Args:
        graph: is changed.
        answer: the model's own output.
        shape: its shape, in which nothing is open.
        spec: what it means.
        layout: the input's, "NCHW" or "NHWC"; the recipe may say another for the answer.
        size: height and width of the frame.

    Raises:
        ContractError: the answer's shape does not go with its meaning.
    """
    editor = Editor(graph)
    name = answer.name
    if answer.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        # Class numbers are small; float32 holds them exactly.
        name = editor.node("Cast", [name], "numbers", to=onnx.TensorProto.FLOAT)
    layout, channels, *own_size = _understand(list(shape), spec, layout, size)
    name = _planes(editor, name, list(shape), layout, channels)
    name = _HEADS[spec.kind](editor, name, channels, spec.person or ())
    if own_size != list(size):
        sizes = editor.constant("full_size", np.array([1, 1, *size], np.int64))
        name = editor.node(
            "Resize", [name, "", "", sizes], "resized",
            mode="linear", coordinate_transformation_mode="half_pixel",
        )  # fmt: skip
    editor.place_at_the_end()
    return name


def _planes(editor: Editor, name: str, shape: list[int], layout: str, channels: int) -> str:
    """Bring the answer to [1, C, h, w]."""
    full = _full_shape(shape, layout, channels)
    if layout == "NHWC" and channels > 1:
        if shape != full:
            name = _reshape(editor, name, full)
        return editor.node("Transpose", [name], "planes", perm=NHWC_TO_NCHW)
    planes = [full[place] for place in NHWC_TO_NCHW] if layout == "NHWC" else full
    return name if shape == planes else _reshape(editor, name, planes)


def _understand(
    shape: list[int], spec: "Output", layout: str, size: tuple[int, int]
) -> tuple[str, int, int, int]:
    """Say how an answer's shape is to be read: layout, channels, height, width.

    The recipe's own layout is taken as it stands; otherwise the one is taken, the input's first,
    by which the answer has the proportions of the frame.
    """
    other = "NHWC" if layout == "NCHW" else "NCHW"
    for candidate in [spec.layout] if spec.layout else [layout, other]:
        channels = _channel_count(shape, spec, candidate)
        if not channels:
            continue
        full = _full_shape(shape, candidate, channels)
        height, width = full[2:] if candidate == "NCHW" else full[1:3]
        # Sizes that were halved several times may be off by one.
        skew = abs(height * size[1] - width * size[0])
        if full[0] == 1 and (spec.layout or skew <= max(size)):
            return candidate, channels, height, width
    classes = (
        "one class" if spec.kind in SINGLE_KINDS else f"classes up to {max(spec.person or ())}"
    )
    raise ContractError(
        f"the answer is {shape_text(shape)}, which is no {spec.layout or 'NCHW or NHWC'} picture of"
        f" one frame with {classes}; correct output.kind, output.layout or output.person"
    )


def _channel_count(shape: list[int], spec: "Output", layout: str) -> int:
    """Count the channels that an answer has by a layout; 0 where its kind cannot have so many."""
    if not 2 <= len(shape) <= 4:
        return 0
    single = spec.kind in SINGLE_KINDS
    if len(shape) == 2 or (single and len(shape) == 3 and shape[0] == 1):
        return int(single)  # the channel's dimension is left out
    channels = shape[-1] if layout == "NHWC" else shape[-3]
    fits = channels == 1 if single else channels > max(1, *(spec.person or ()))
    return channels if fits else 0


def _full_shape(shape: list[int], layout: str, channels: int) -> list[int]:
    """Add the dimensions that are left out: the frame's, the channel's, or both."""
    if len(shape) == 4:
        return shape
    if len(shape) == 3 and shape[-1 if layout == "NHWC" else 0] == channels:
        return [1, *shape]
    height, width = shape[-2:]
    return [1, channels, height, width] if layout == "NCHW" else [1, height, width, channels]


def _reshape(editor: Editor, name: str, shape: list[int]) -> str:
    return editor.node("Reshape", [name, editor.constant("shape", np.array(shape, np.int64))], "p")


def _alpha(_editor: Editor, name: str, _channels: int, _person: Sequence[int]) -> str:
    return name


def _logit(editor: Editor, name: str, _channels: int, _person: Sequence[int]) -> str:
    return editor.node("Sigmoid", [name], "probability")


def _softmax(editor: Editor, name: str, channels: int, person: Sequence[int]) -> str:
    """Add up the probabilities of the classes that are person."""
    if len(person) == 1:
        place = editor.constant("person", np.array(person, np.int64))
        return editor.node("Gather", [name, place], "probability", axis=1)
    weights = np.zeros((1, channels, 1, 1), np.float32)
    weights[0, list(person)] = 1
    return editor.node("Conv", [name, editor.constant("person", weights)], "probability")


def _logits(editor: Editor, name: str, channels: int, person: Sequence[int]) -> str:
    if channels == 2 and len(person) == 1:
        # exp(p) / (exp(p) + exp(q)) = sigmoid(p - q)
        weights = np.full((1, 2, 1, 1), -1, np.float32)
        weights[0, person[0]] = 1
        name = editor.node("Conv", [name, editor.constant("person", weights)], "difference")
        return editor.node("Sigmoid", [name], "probability")
    return _softmax(editor, editor.node("Softmax", [name], "classes", axis=1), channels, person)


def _argmax(editor: Editor, name: str, _channels: int, person: Sequence[int]) -> str:
    """1 where the class is one of person's, else 0."""
    masks = []
    for number in person:
        wanted = editor.constant("class", np.array(number, np.float32))
        same = editor.node("Equal", [name, wanted], "is_class")
        masks.append(editor.node("Cast", [same], "mask", to=onnx.TensorProto.FLOAT))
    return masks[0] if len(masks) == 1 else editor.node("Sum", masks, "mask")


_HEADS = {
    "alpha": _alpha,
    "logit": _logit,
    "softmax": _softmax,
    "logits": _logits,
    "argmax": _argmax,
}
