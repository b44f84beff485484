"""What lies between ``frame`` and the model's own picture input.

A channel of the frame, 0..1, becomes ``gain * value + offset`` (see `Convention`); the channels may
change their order and the layout may become NHWC. Where the model begins with convolutions, all of
that goes into their weights:

* the order of the channels: the weights' input channels are permuted. Exact.
* the gain: ``W' = W * gain``. Exact at a zero-padded border too, as 0 * gain = 0.
* the offset: ``bias' = bias + sum(W * offset)``. At a zero-padded border this is wrong, because
  the padding is 0 *after* the normalisation, where the sum leaves it out. There one subtraction
  stays in front instead: ``gain * (value - shift)`` with ``shift = -offset / gain``, whose zero is
  the padding's zero.
* the layout: a Transpose to NCHW at the model's very beginning is left out.

In front of anything else plain ops do the same.
"""

import logging
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from builder.contract.graph import Editor, contents, reads, value_info
from builder.contract.runtime import cut, noise, run

log = logging.getLogger(__name__)

NCHW_TO_NHWC, NHWC_TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]
# Folding changes the order of the sums: float32 rounding, relative to the largest value.
FOLD_TOLERANCE = 1e-4

_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Convention:
    """What a model's picture input expects; ``gain`` and ``offset`` are for red, green, blue."""

    gain: _Numbers
    offset: _Numbers
    bgr: bool
    nhwc: bool
    bytes: bool  # uint8: rounded to whole numbers 0..255

    def is_plain(self) -> bool:
        """Say whether the model takes the frame as it is."""
        changed = self.bgr or self.nhwc or self.bytes
        return not changed and bool((self.gain == 1).all() and (self.offset == 0).all())


def put_in_front(
    model: onnx.ModelProto, picture: str, convention: Convention, size: tuple[int, int]
) -> tuple[onnx.ModelProto, str]:
    """Make a model take the frame; return it with the name of its frame input.

    Args:
        model: its shapes are fixed; it is not changed.
        picture: the name of its picture input.
        convention: what that input expects.
        size: height and width.
    """
    if convention.is_plain():
        return model, picture
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    frame = _plain(plain, picture, convention, size)
    if convention.bytes:
        return plain, frame
    folded = onnx.ModelProto()
    folded.CopyFrom(model)
    # Weights that are no ordinary numbers stay as they are: the comparison fails on them.
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = _Fold(folded, picture, convention).fold(frame, size)
        is_folded = outputs and _same(plain, folded, outputs)
    return folded if is_folded else plain, frame


def _plain(
    model: onnx.ModelProto, picture: str, convention: Convention, size: tuple[int, int]
) -> str:
    """Do it with ops; the last one writes the model's own picture."""
    editor = Editor(model.graph)
    frame = last = editor.name("frame")
    if (convention.gain != 1).any():
        last = editor.node("Mul", [last, _channels(editor, convention.gain, "gain")], "scaled")
    if (convention.offset != 0).any():
        last = editor.node("Add", [last, _channels(editor, convention.offset, "offset")], "moved")
    if convention.bytes:
        last = _to_bytes(editor, last)
    if convention.bgr:
        order = editor.constant("bgr", np.array([2, 1, 0], np.int64))
        last = editor.node("Gather", [last, order], "swapped", axis=1)
    if convention.nhwc:
        last = editor.node("Transpose", [last], "nhwc", perm=NCHW_TO_NHWC)
    editor.place_in_front(last, picture)
    _replace_input(model.graph, picture, frame, size)
    return frame


def _to_bytes(editor: Editor, value: str) -> str:
    low = editor.constant("black", np.array(0, np.float32))
    high = editor.constant("white", np.array(255, np.float32))
    whole = editor.node("Round", [value], "whole")
    clipped = editor.node("Clip", [whole, low, high], "clipped")
    return editor.node("Cast", [clipped], "bytes", to=onnx.TensorProto.UINT8)


class _Fold:
    """Puts the convention into the convolutions that read the picture, where all readers are."""

    def __init__(self, model: onnx.ModelProto, picture: str, convention: Convention) -> None:
        self.graph = model.graph
        self.picture = picture
        self.convention = convention
        self.editor = Editor(model.graph)
        self.constants = {t.name: t for t in model.graph.initializer}

    def fold(self, frame: str, size: tuple[int, int]) -> list[str]:
        """Fold; return the outputs of the changed convolutions, none where it cannot be done."""
        views = self._views()
        readers = [self._readers(view) for view in views]
        if not views or not all(readers):
            return []
        convs = [conv for group in readers for conv in group]
        padded = any(_is_padded(conv) for conv in convs)
        shifted = padded and bool((self.convention.offset != 0).any())
        for conv in convs:
            self._change(conv, moved=not shifted)
            conv.input[0] = self.picture if shifted else frame
        if self.convention.nhwc:
            self._drop(views)
        if shifted:
            shift = -self.convention.offset / self.convention.gain
            last = self.editor.node("Sub", [frame, _channels(self.editor, shift, "shift")], "moved")
            self.editor.place_in_front(last, self.picture)
        _replace_input(self.graph, self.picture, frame, size)
        return [conv.output[0] for conv in convs]

    def _views(self) -> list[str]:
        """List the values that are the picture in NCHW."""
        if not self.convention.nhwc:
            return [self.picture]
        readers = reads(self.graph, self.picture) or []
        turned = [node for node in readers if _turns_to_nchw(node)]
        return [node.output[0] for node in turned] if len(turned) == len(readers) else []

    def _readers(self, view: str) -> list[onnx.NodeProto]:
        """List the convolutions that read a view; none where other nodes do as well."""
        readers = reads(self.graph, view) or []
        return readers if all(self._is_foldable(node) for node in readers) else []

    def _is_foldable(self, node: onnx.NodeProto) -> bool:
        fixed = node.op_type == "Conv" and all(name in self.constants for name in node.input[1:])
        weights = self.constants.get(node.input[1]) if fixed else None
        return (
            weights is not None
            and weights.data_type == onnx.TensorProto.FLOAT
            and weights.dims[1] == 3  # one group
        )

    def _change(self, conv: onnx.NodeProto, moved: bool) -> None:
        """Give a convolution weights of its own (others may share the old ones)."""
        weights = self._numbers(conv.input[1])
        if self.convention.bgr:
            weights = weights[:, ::-1]  # the model's blue is its channel 0, the frame's is 2
        spread = (1, 3, *[1] * (weights.ndim - 2))
        if moved and (self.convention.offset != 0).any():
            bias = self._numbers(conv.input[2]) if len(conv.input) > 2 else 0
            added = (weights * self.convention.offset.reshape(spread)).sum(
                axis=tuple(range(1, weights.ndim))
            )
            bias_name = self.editor.constant("folded_bias", (bias + added).astype(np.float32))
            conv.input[:] = [conv.input[0], conv.input[1], bias_name]
        weights = weights * self.convention.gain.reshape(spread)
        conv.input[1] = self.editor.constant("folded_weights", weights.astype(np.float32))

    def _numbers(self, name: str) -> _Numbers:
        return contents(self.constants[name]).astype(np.float64)

    def _drop(self, views: list[str]) -> None:
        """Leave out the Transposes that made the views; nothing reads them any more."""
        kept = [node for node in self.graph.node if not set(node.output) & set(views)]
        del self.graph.node[:]
        self.graph.node.extend(kept)


def _same(plain: onnx.ModelProto, folded: onnx.ModelProto, outputs: list[str]) -> bool:
    """Compare the first convolutions' outputs on noise, borders and all."""
    feeds = noise(cut(plain, outputs))
    for name, before, after in zip(
        outputs, run(cut(plain, outputs), feeds), run(cut(folded, outputs), feeds), strict=True
    ):
        exact = before.astype(np.float64)
        difference = float(np.abs(exact - after.astype(np.float64)).max())
        if not difference <= FOLD_TOLERANCE * float(np.abs(exact).max()):
            log.warning("the picture's convention is not folded: %s moves by %g", name, difference)
            return False
    return True


def _turns_to_nchw(node: onnx.NodeProto) -> bool:
    perm = next((list(a.ints) for a in node.attribute if a.name == "perm"), None)
    return node.op_type == "Transpose" and perm == NHWC_TO_NCHW


def _is_padded(conv: onnx.NodeProto) -> bool:
    settings = {a.name: a for a in conv.attribute}
    automatic = settings["auto_pad"].s if "auto_pad" in settings else b"NOTSET"
    explicit = settings["pads"].ints if "pads" in settings else []
    return automatic.startswith(b"SAME") or (automatic == b"NOTSET" and any(explicit))


def _channels(editor: Editor, numbers: _Numbers, hint: str) -> str:
    return editor.constant(hint, numbers.astype(np.float32).reshape(1, 3, 1, 1))


def _replace_input(graph: onnx.GraphProto, old: str, new: str, size: tuple[int, int]) -> None:
    (place,) = [number for number, value in enumerate(graph.input) if value.name == old]
    graph.input[place].CopyFrom(value_info(new, [1, 3, *size]))
