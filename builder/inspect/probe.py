"""Runs a model on portraits whose alpha is known, under every plausible convention.

An answer's score is its soft IoU with the true alpha; its confidence is how far it keeps from
undecided, the mean of ``|2 alpha − 1|``. The pictures are the same for all conventions, so two of
them are compared picture by picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from builder.errors import ContractError
from builder.inspect.conventions import Convention, conventions
from builder.inspect.ends import Guess, guess_ends
from builder.inspect.heads import Layout, Reading, as_planes, head_of, read_as, soft_iou
from builder.inspect.runner import Runner

if TYPE_CHECKING:
    import onnx

Float = NDArray[np.float32]
Progress = Callable[[int, int | None], None]

SEED = 3
# Pictures at first, and for the conventions that are not yet far behind, by the MACs of one: ten
# conventions take a few seconds, those of a slow network a minute. On the default models the
# next-best convention is 2 to 4 standard errors behind with 48 pictures.
PICTURES = ((300_000_000, 12, 48), (3_000_000_000, 8, 16))
FEW_PICTURES = 4, 6
UNKNOWN_MACS = 300_000_000  # of a network of any size, whose graph does not tell its work
FAR_BEHIND = 4.0  # standard errors of the difference
ALIKE = 2.0  # up to this, chance may have made the difference


@dataclass(frozen=True)
class Finding:
    """One convention with the reading of the answer that suits it best.

    ``scores`` is the soft IoU with the truth, 0..1, for each picture.
    """

    convention: Convention
    output: str
    output_layout: Layout
    output_size: tuple[int, int]
    reading: Reading
    scores: NDArray[np.float64]

    @property
    def score(self) -> float:
        """Mean soft IoU with the true alpha, 0..1: how person-like the answer is."""
        return float(self.scores.mean())

    @property
    def confidence(self) -> float:
        """Mean of ``|2 alpha − 1|``: 1 where every pixel is decided, 0 where none is."""
        return float(np.abs(2 * self.reading.alphas - 1).mean())

    def to_json(self) -> dict[str, Any]:
        """The facts as values that JSON can hold."""
        return {
            "convention": self.convention.name,
            "channels": self.convention.channels,
            "output": self.output,
            "kind": self.reading.kind,
            "person": list(self.reading.person),
            "score": round(self.score, 4),
            "confidence": round(self.confidence, 4),
        }


@dataclass(frozen=True)
class Probe:
    """What the trials showed, the best first; ``guess`` has the size that was tried.

    A recurrent network saw each picture ``runs`` times, with its state; another one once.
    """

    guess: Guess
    pictures: int
    runs: int
    findings: tuple[Finding, ...]

    @property
    def chosen(self) -> Finding:
        """The best convention; where BGR is not better than RGB beyond chance, RGB."""
        best = self.findings[0]
        for finding in self.alike():
            if (finding.convention.name, finding.convention.channels) == (
                best.convention.name, "RGB",
            ):  # fmt: skip
                return finding
        return best

    def alike(self) -> list[Finding]:
        """The conventions whose scores do not differ from the best one's beyond chance."""
        best = self.findings[0]
        return [f for f in self.findings if distance(best, f) < ALIKE]


def distance(first: Finding, second: Finding) -> float:
    """By how many standard errors the first one's mean score is above the second one's.

    On the pictures that both have seen; one that was far behind has seen the first ones only.
    """
    both = min(len(first.scores), len(second.scores))
    difference = first.scores[:both] - second.scores[:both]
    error = float(difference.std(ddof=1)) / np.sqrt(len(difference))
    return float(difference.mean() / max(error, 1e-9))


def probe(
    model: "onnx.ModelProto", macs: int | None = None, progress: Progress | None = None
) -> Probe:
    """Try all conventions on portraits.

    Args:
        model: as its importer made it; it is not changed.
        macs: of one run, where known; a slow network sees fewer pictures.
        progress: called with the runs done and the number in all.

    Raises:
        ContractError: its inputs cannot be guessed, it cannot be run, or no answer is a picture.
    """
    from builder.portraits import labelled_frames

    runner = Runner(model, guess_ends(model))
    guess = runner.guess
    work = (macs or UNKNOWN_MACS) * runner.runs
    known = (counts for limit, *counts in PICTURES if work < limit)
    few, many = next(known, FEW_PICTURES)
    labelled = labelled_frames(guess.height, guess.width, many, SEED)
    tried = conventions(guess.dtype)
    found = _try(runner, tried, labelled[:few], progress)
    ahead = [f.convention for f in found if distance(found[0], f) < FAR_BEHIND]
    if len(ahead) > 1:
        again = _try(runner, ahead, labelled, progress)
        found = again + [f for f in found if f.convention not in ahead]
    return Probe(guess, len(found[0].scores), runner.runs, tuple(found))


def _try(
    runner: Runner,
    tried: Sequence[Convention],
    labelled: Sequence[tuple[Float, Float]],
    progress: Progress | None,
) -> list[Finding]:
    """Try conventions on pictures; return for each the best reading, the best convention first."""
    answers: dict[str, list[NDArray[np.generic]]] = {}
    for number, (convention, frame) in enumerate(product(tried, (f for f, _ in labelled))):
        for name, array in runner.run(convention.prepare(frame)).items():
            answers.setdefault(name, []).append(array)
        if progress:
            progress(number + 1, len(tried) * len(labelled))
    truth = np.stack([alpha for _, alpha in labelled])
    best: dict[Convention, Finding] = {}
    for name, flat in answers.items():
        for finding in _read(name, flat, tried, truth, runner.guess):
            kept = best.get(finding.convention)
            # Of answers as good as each other the first one is the network's own main one.
            if kept is None or finding.score > kept.score + 1e-3:
                best[finding.convention] = finding
    if not best:
        raise ContractError("none of its answers is a picture with the frame's proportions")
    return sorted(best.values(), key=lambda f: -f.score)


def _read(
    name: str,
    flat: list[NDArray[np.generic]],
    tried: Sequence[Convention],
    truth: Float,
    guess: Guess,
) -> list[Finding]:
    """Read one output's answers, those to each convention in turn."""
    from builder.resample import resize

    count = len(truth)
    if len({answer.shape for answer in flat}) > 1 or flat[0].ndim < 2:
        return []
    stacked = np.stack([a[0] if a.ndim > 2 and a.shape[0] == 1 else a for a in flat])
    found = as_planes(stacked, guess.layout, guess.width / guess.height)
    if found is None:
        return []
    planes, layout = found
    height, width = planes.shape[2:]
    small = np.stack([resize(alpha, height, width) for alpha in truth])
    answers = planes.reshape(len(tried), count, *planes.shape[1:])
    # A network that is fed wrongly may overflow; that convention is out, not the network.
    finite = [bool(np.isfinite(some.astype(np.float64)).all()) for some in answers]
    if not any(finite):
        return []
    # Of all answers: a wrong convention may hide that they are logits.
    head = head_of(np.concatenate([some for some, ok in zip(answers, finite, strict=True) if ok]))
    findings = []
    for convention, some, ok in zip(tried, answers, finite, strict=True):
        if ok:
            reading = read_as(head, some, small)
            scores = soft_iou(reading.alphas, small)
            findings.append(Finding(convention, name, layout, (height, width), reading, scores))
    return findings
