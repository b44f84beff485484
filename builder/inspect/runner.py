"""Runs a model as it is, on prepared pictures.

A recurrent one sees each picture as a clip of its own, in which nothing moves: its states begin
at zero and go from frame to frame, as they do in the browser. What it answers to the last frame
counts; the first one's answer, without a state, is that of another network.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from builder.contract.ends import Pair
from builder.errors import ContractError
from builder.inspect.ends import Guess, first_feeds
from builder.messages import one_line

if TYPE_CHECKING:
    import onnx


# Frames of such a clip: a state that is half renewed with each frame has settled to 6 %.
CLIP = 4

Arrays = dict[str, NDArray[np.generic]]


class Runner:
    """Runs the model as it is, in float32 where it has float16; ``guess`` has the states' shapes.

    Raises:
        ContractError: onnxruntime cannot run it, or a state comes back in another shape.
    """

    def __init__(self, model: "onnx.ModelProto", guess: Guess) -> None:
        import onnx

        from builder.contract.dialect import plain, widen
        from builder.contract.runtime import open_session

        own = onnx.ModelProto()
        own.CopyFrom(model)
        own = plain(own)
        widen(own)
        try:
            self._session = open_session(own)
        except _errors() as error:
            raise ContractError(f"onnxruntime cannot run it: {one_line(error)}") from error
        self._names = [value.name for value in own.graph.output]
        self._dtype = np.dtype(np.uint8 if guess.dtype == "uint8" else np.float32)
        self._feeds = first_feeds(guess, own)
        self.guess = guess
        self.guess = replace(guess, pairs=self._pairs_with_shapes())
        for pair in self.guess.pairs:
            self._feeds[pair.input] = np.zeros(pair.shape, self._feeds[pair.input].dtype)

    @property
    def runs(self) -> int:
        """How often the network runs for one picture."""
        return CLIP if self.guess.pairs else 1

    def run(self, picture: NDArray[np.float64]) -> Arrays:
        """Run it on a prepared picture ``[1, 3, H, W]``; return its answers by name."""
        carried: Arrays = {}
        outputs: Arrays = {}
        for _ in range(self.runs):
            outputs = self._once(picture, carried)
            carried = {pair.input: outputs[pair.output] for pair in self.guess.pairs}
        states = {pair.output for pair in self.guess.pairs}
        return {name: array for name, array in outputs.items() if name not in states}

    def _once(self, picture: NDArray[np.float64], states: Arrays) -> Arrays:
        if self._dtype == np.uint8:
            picture = np.clip(np.rint(picture), 0, 255)
        if self.guess.layout == "NHWC":
            picture = picture.transpose(0, 2, 3, 1)
        fed = {self.guess.picture: np.ascontiguousarray(picture.astype(self._dtype))}
        try:
            outputs = self._session.run(None, {**self._feeds, **states, **fed})
        except _errors() as error:
            raise ContractError(f"onnxruntime cannot run it: {one_line(error)}") from error
        return dict(zip(self._names, outputs, strict=True))

    def _pairs_with_shapes(self) -> tuple[Pair, ...]:
        """Find what shape the states come back in; an open one may go in as a single zero."""
        if not self.guess.pairs:
            return ()
        given = self._once(np.zeros((1, 3, self.guess.height, self.guess.width)), {})
        pairs = tuple(replace(p, shape=given[p.output].shape) for p in self.guess.pairs)
        again = self._once(
            np.zeros((1, 3, self.guess.height, self.guess.width)),
            {p.input: np.zeros(p.shape, given[p.output].dtype) for p in pairs},
        )
        for pair in pairs:
            if again[pair.output].shape != pair.shape:
                raise ContractError(
                    f"what seems to be its state, {pair.input!r} → {pair.output!r}, comes back as"
                    f" {list(again[pair.output].shape)}, not {list(pair.shape)}; say in a recipe"
                    " which outputs are its states"
                )
        return pairs


def _errors() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf,
        state.NotImplemented, state.RuntimeException, RuntimeError, ValueError,
    )  # fmt: skip
