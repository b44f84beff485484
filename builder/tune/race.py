"""Finds the rewrites that make a model faster, by racing them in a real browser.

All rewrites together are the start. Then each in turn, the last one first, is left out: where the
rest is as fast without it, it goes for good. (Adding one by one would miss those that only pay
together.) The result must beat the model without any.

Two models race in turn, a few inferences each. Whatever else a machine does makes a turn slower
and never faster, so a model's time is the mean of its fastest turns. The even and the odd rounds
are two measurements of the same: as long as they disagree the race goes on, and where they never
agree the machine is too busy to measure anything on.
"""

import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from builder.errors import TuneError
from builder.fetch import fetch
from builder.recipe import Recipe
from builder.tune.stored import Times, Trial, Tuning, Yardstick, write_tuning

if TYPE_CHECKING:
    import onnx

    from builder.pipeline import Progress
    from builder.tune.browser import Track
    from builder.variants import Made

log = logging.getLogger(__name__)

THREADS = (1, 2)  # what phones and laptops give a page in practice
ROUNDS, MOST_ROUNDS = 30, 240
FASTEST = 0.2  # the share of the turns that counts
TURN_MS = 20  # as long as a turn is to take: a scheduler often lets that much pass undisturbed
ENOUGH_DOUBT, MOST_DOUBT = 0.01, 0.04
# Less than this is not worth a graph of another form.
MARGIN = 0.005

# Takes two models as ONNX bytes and the number of threads; returns second by first time.
Race = Callable[[bytes, bytes, int], float]


def tune(
    recipe: Recipe,
    progress: "Progress",
    rounds: int = ROUNDS,
    most_doubt: float = MOST_DOUBT,
) -> Tuning:
    """Measure a recipe's rewrites and store the best set beside it.

    Args:
        recipe: the model's recipe.
        progress: called with one line for each step.
        rounds: turns of each candidate in a race, at first.
        most_doubt: by which share two measurements of the same ratio may differ.

    Raises:
        BrowserError: there is no Chromium.
        TuneError: the browser cannot measure, the machine is too busy, or the result cannot be
            written.
        LivematteError: a stage's own error.
    """
    from builder.pipeline import convert
    from builder.tune.browser import open_track

    source = fetch(recipe)
    model = convert(recipe, source)
    threads = [count for count in THREADS if count <= (os.cpu_count() or 1)]
    with open_track(threads) as track:
        progress(f"{recipe.name}: racing rewrites in {track.browser}, {track.runtime}")
        stand = _Stand(track, rounds, most_doubt)
        kept, trials = choose(model, stand.race, threads, progress)
        tuning = _measure(recipe, model, source, kept, trials, stand, threads)
    path = write_tuning(recipe, tuning)
    progress(f"{recipe.name}: {summary(tuning)}; written to {path}")
    return tuning


def choose(
    model: "onnx.ModelProto", race: Race, threads: Sequence[int], progress: "Progress"
) -> tuple[tuple[str, ...], tuple[Trial, ...]]:
    """Choose rewrites: all, less those without which the rest is as fast.

    Args:
        model: simplified.
        race: compares two models.
        threads: the numbers of threads to race with; their geometric mean decides.
        progress: called with one line for each rewrite.

    Returns:
        The names kept, in order, and a trial for each rewrite that applied.
    """
    from builder.rewrites import TUNED

    names = [rewrite.name for rewrite in TUNED]
    trials = []
    for name in reversed(names.copy()):
        without = [other for other in names if other != name]
        now, then = _rewritten(model, names), _rewritten(model, without)
        if now == then:
            names = without
            continue
        ratio = {str(count): race(then, now, count) for count in threads}
        kept = _mean(ratio) < 1 - MARGIN
        trials.append(Trial(rewrite=name, ratio=_rounded(ratio), kept=kept))
        progress(f"{name}: {_text(ratio)}, {'kept' if kept else 'left out'}")
        names = names if kept else without
    plain, best = _rewritten(model, ()), _rewritten(model, names)
    if names and _mean({str(count): race(plain, best, count) for count in threads}) >= 1:
        names = []
    return tuple(names), tuple(reversed(trials))


def summary(tuning: Tuning) -> str:
    """Return a line on a tuning."""
    text = f"{len(tuning.rewrites)} rewrites, time by time before {_text(tuning.ratio)}"
    if tuning.yardstick is not None:
        text += f", by {tuning.yardstick.runtime} {_text(tuning.yardstick.ratio)}"
    return text


class _Stand:
    """Loads candidates into the browser and races them; keeps the few that come again."""

    def __init__(self, track: "Track", rounds: int, most_doubt: float) -> None:
        self.track = track
        self._rounds = rounds
        self._most_doubt = most_doubt
        self._names: dict[bytes, str] = {}
        self._count = 0

    def race(self, first: bytes, second: bytes, threads: int) -> float:
        """Return the second one's time by the first one's."""
        names = [self.name(first), self.name(second)]
        times = self.times(names, threads)
        self._free_all_but(first, second)
        return _time(times[names[1]]) / _time(times[names[0]])

    def times(self, names: Sequence[str], threads: int) -> dict[str, list[float]]:
        """Race loaded models until two halves of the rounds agree.

        Raises:
            TuneError: they never do.
        """
        first = self.track.race(names, threads, 3, 1)
        repeats = max(1, round(TURN_MS / max(min(row) for row in first.values())))
        times: dict[str, list[float]] = {name: [] for name in names}
        rounds = self._rounds
        while True:
            for name, row in self.track.race(names, threads, rounds, repeats).items():
                times[name] += row
            doubt = max(_doubt(times[names[0]], times[name]) for name in names)
            rounds = len(times[names[0]])
            if doubt <= ENOUGH_DOUBT or 2 * rounds > MOST_ROUNDS:
                break
        log.info("%d rounds on %d threads, doubt %.1f %%", rounds, threads, 100 * doubt)
        if doubt > self._most_doubt:
            raise TuneError(
                f"this machine is too busy to measure: two measurements of one ratio on {threads}"
                f" threads differ by {doubt:.0%}; close what else runs and try again"
            )
        return times

    def name(self, model: bytes) -> str:
        """Load a model unless it is there, and return the name that it runs under."""
        if model not in self._names:
            self._count += 1
            self._names[model] = f"candidate-{self._count}"
            self.track.load(self._names[model], model)
        return self._names[model]

    def _free_all_but(self, *models: bytes) -> None:
        for model in [model for model in self._names if model not in models]:
            self.track.free(self._names.pop(model))


def _measure(
    recipe: Recipe,
    model: "onnx.ModelProto",
    source: bytes,
    kept: Sequence[str],
    trials: tuple[Trial, ...],
    stand: _Stand,
    threads: Sequence[int],
) -> Tuning:
    """Race the model before and after, and the other runtime, all in one run."""
    from builder.tune.browser import YARDSTICK, has_yardstick, version_of

    before, after = (stand.name(_rewritten(model, names)) for names in ((), kept))
    racers = [before, after]
    variants = {
        made.name: stand.name(made.model.SerializeToString(deterministic=True))
        for made in _variants(recipe, model, kept)
    }
    if recipe.format == "tflite" and has_yardstick():
        stand.track.load_yardstick("original", source)
        racers.append("original")
    rows = {str(count): stand.times(racers, count) for count in threads}
    for name in variants.values():  # apart: a slow one among them makes the others' turns rare
        for count in threads:
            rows[str(count)] |= {name: stand.times([after, name], count)[name]}

    def ms(name: str) -> Times:
        return _rounded({count: _time(times[name]) for count, times in rows.items()})

    def ratio(first: str, second: str) -> Times:
        return _rounded(
            {count: _time(times[second]) / _time(times[first]) for count, times in rows.items()}
        )

    yardstick = None
    if "original" in racers:
        yardstick = Yardstick(
            runtime=f"{YARDSTICK} {version_of(YARDSTICK)}",
            ms=ms("original"),
            ratio=ratio("original", after),
        )
    return Tuning(
        rewrites=tuple(kept),
        runtime=stand.track.runtime,
        browser=stand.track.browser,
        before_ms=ms(before),
        after_ms=ms(after),
        ratio=ratio(before, after),
        trials=trials,
        variants={variant: ratio(after, name) for variant, name in variants.items()},
        yardstick=yardstick,
    )


def _variants(recipe: Recipe, model: "onnx.ModelProto", kept: Sequence[str]) -> "Iterator[Made]":
    """Make the variants that compute otherwise than fp32 on wasm, if they pass their gate."""
    from builder.golden import golden_distance
    from builder.pipeline import calibration, golden_of, verification
    from builder.rewrites import apply_rewrites
    from builder.variants import KINDS, gate, make_variants
    from builder.verify import compare

    fp32, golden = apply_rewrites(model, kept), golden_of(recipe, model)
    is_quantised = recipe.quantized == "qdq"
    for made in make_variants(
        fp32, model, calibration(recipe), log.info, is_quantised=is_quantised
    ):
        if made.name in ("fp32", "fp16", "optimized") or "wasm" not in KINDS[made.name].backends:
            continue
        comparison = compare(fp32, made.model, verification(recipe))
        if gate(comparison, golden_distance(made.model, golden)) is None:
            yield made


def _rewritten(model: "onnx.ModelProto", names: Sequence[str]) -> bytes:
    from builder.rewrites import apply_rewrites

    data: bytes = apply_rewrites(model, names).SerializeToString(deterministic=True)
    return data


def _time(row: Sequence[float]) -> float:
    """Return the mean of the fastest turns."""
    return fmean(sorted(row)[: max(1, round(FASTEST * len(row)))])


def _doubt(first: Sequence[float], second: Sequence[float]) -> float:
    """Return by which share the ratio of the even rounds and that of the odd ones differ."""
    if len(first) < 2:
        return 0.0
    even, odd = (_time(second[half::2]) / _time(first[half::2]) for half in (0, 1))
    return abs(even - odd) / min(even, odd)


def _mean(ratio: Times) -> float:
    return math.exp(sum(math.log(value) for value in ratio.values()) / len(ratio))


def _rounded(values: Times) -> Times:
    return {key: round(value, 4) for key, value in values.items()}


def _text(ratio: Times) -> str:
    return ", ".join(f"{value:.3f} on {key} thread{'s' * (key != '1')}" for key, value in
                     ratio.items())  # fmt: skip
