"""The recipe that follows from a probe, tried, and what is not sure about it."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from builder.errors import ContractError, LivematteError
from builder.inspect.facts import ModelFacts
from builder.inspect.probe import SEED, Finding, Probe
from builder.inspect.read import SUFFIXES
from builder.recipe import Input, MatteSettings, Output, PathSource, Recipe, State, Title
from builder.recipe_schema import Constant

if TYPE_CHECKING:
    import onnx

# Below this an answer is not that of a person on the built-in portraits: a network that knows
# people reaches 0.9, the same network fed wrongly 0.2 to 0.8.
PERSON_LIKE = 0.8
UNDECIDED = 0.6  # confidence below which an alpha is mostly grey
# The recipe's model is the probed one in another order of sums; what fp16 and uint8 round is more.
SAME = 0.01
TRIALS = 2


@dataclass(frozen=True)
class Advice:
    """A recipe as TOML, None where none follows; ``sure`` when there are no ``doubts``.

    ``mean_abs_diff`` is how far the recipe's model, brought to the contract, is from what was
    probed, in alpha (0..1).
    """

    recipe: str | None
    finding: Finding | None
    mean_abs_diff: float | None
    doubts: tuple[str, ...]

    @property
    def sure(self) -> bool:
        """Whether nothing about the recipe was left to a guess."""
        return self.recipe is not None and not self.doubts

    def to_json(self) -> dict[str, Any]:
        """The facts as values that JSON can hold."""
        return {
            "sure": self.sure,
            "doubts": list(self.doubts),
            "recipe": self.recipe,
            "chosen": self.finding.to_json() if self.finding else None,
            "meanAbsDiff": self.mean_abs_diff,
        }


def advise(
    facts: ModelFacts, data: bytes, model: "onnx.ModelProto", probed: Probe, place: Path
) -> Advice:
    """Write the recipe that a probe suggests, and try it.

    Args:
        facts: of the file.
        data: the file.
        model: as its importer made it.
        probed: what the trials showed.
        place: the file that the recipe will lie in; its stem is the recipe's name, and the model's
            path in it starts there.
    """
    finding = probed.chosen
    doubts = [*_doubts_of_convention(probed), *_doubts_of_ends(facts, probed)]
    recipe = _recipe(facts, data, probed, finding, place)
    try:
        difference = _tried(recipe, model, finding, probed)
    except LivematteError as error:
        return Advice(None, finding, None, (*doubts, f"the recipe does not work: {error}"))
    if difference > SAME:
        doubts.append(
            f"brought to the contract the model answers otherwise (mean |Δalpha| {difference:.2g})"
        )
    return Advice(recipe_toml(recipe), finding, difference, tuple(doubts))


def _doubts_of_convention(probed: Probe) -> list[str]:
    finding = probed.chosen
    doubts = []
    if finding.score < PERSON_LIKE:
        doubts.append(
            f"the best answer is not much like a person (score {finding.score:.2f}, a portrait"
            f" network reaches 0.9): another head, another convention, or a network for other"
            " pictures"
        )
    if finding.confidence < UNDECIDED:
        doubts.append(f"the answer is undecided (confidence {finding.confidence:.2f})")
    others = [f for f in probed.alike() if f is not finding]
    if others:
        named = ", ".join(
            f"{f.convention.name} {f.convention.channels} ({f.score:.3f})" for f in others
        )
        doubts.append(
            f"{finding.convention.name} {finding.convention.channels} ({finding.score:.3f}) is not"
            f" better beyond chance than {named}"
        )
    return doubts


def _doubts_of_ends(facts: ModelFacts, probed: Probe) -> list[str]:
    guess, doubts = probed.guess, []
    if guess.open_size:
        doubts.append(
            f"it takes pictures of any size; {guess.width}×{guess.height} was tried, choose the"
            " one that it was trained for"
        )
    doubts += [f"its input {name!r} got 1, a guess" for name in guess.constants]
    if guess.pairs:
        named = ", ".join(f"{pair.input} → {pair.output}" for pair in guess.pairs)
        doubts.append(f"taken for recurrent states by their names and shapes: {named}")
    if facts.lacking.get("wasm"):
        doubts.append(f"onnxruntime-web cannot run {', '.join(facts.lacking['wasm'])} on wasm")
    return doubts


def _recipe(facts: ModelFacts, data: bytes, probed: Probe, finding: Finding, place: Path) -> Recipe:
    guess, convention = probed.guess, finding.convention
    path = Path(facts.file).resolve()
    single = len(facts.outputs) - len(guess.pairs) == 1
    kind: Any = SUFFIXES[path.suffix]
    tflite = kind == "tflite"  # whose pictures are NHWC, and NCHW behind the importer
    layout: Any = "NHWC" if tflite else guess.layout
    turned = not tflite and finding.output_layout != guess.layout
    title = path.stem or "model"
    plain = _plain_scale(guess.dtype)
    return Recipe(
        name=re.sub(r"[^a-z0-9]+", "-", place.stem.lower()).strip("-") or "model",
        title=Title(en=title, zh=title),
        licence="unknown",
        format=kind,
        source=PathSource(
            path=os.path.relpath(path, place.resolve().parent),
            sha256=hashlib.sha256(data).hexdigest(),
        ),
        input=Input(
            width=guess.width, height=guess.height, layout=layout,
            channels="BGR" if convention.channels == "BGR" else "RGB",
            scale=None if convention.scale == plain else convention.scale,
            mean=convention.mean, std=convention.std,
            name=guess.picture if len(facts.inputs) > 1 else None,
        ),
        output=Output(
            kind=finding.reading.kind, person=finding.reading.person or None,
            layout=finding.output_layout if turned else None,
            name=None if single else finding.output,
        ),
        state=tuple(State(input=p.input, output=p.output, shape=p.shape) for p in guess.pairs),
        constant=tuple(Constant(input=name, value=(n,)) for name, n in guess.constants.items()),
        matte=MatteSettings(),
    )  # fmt: skip


def _plain_scale(dtype: str) -> float:
    """The scale that a recipe means when it names none."""
    return 255.0 if dtype == "uint8" else 1.0


def _tried(recipe: Recipe, model: "onnx.ModelProto", finding: Finding, probed: Probe) -> float:
    """Bring the model to the contract by the recipe; return how far it is from what was probed."""
    from builder import verify
    from builder.contract import to_contract
    from builder.portraits import calibration_frames
    from builder.resample import resize

    guess = probed.guess
    kept = to_contract(model, recipe)
    frames = calibration_frames(guess.height, guess.width, TRIALS, SEED)
    # Each picture is a clip of its own, as in the probe; the last frame's answer counts.
    found = [verify.run(kept, [frame] * probed.runs)[-1] for frame in frames]
    wanted = [resize(alpha, guess.height, guess.width) for alpha in finding.reading.alphas[:TRIALS]]
    pairs = zip(found, wanted, strict=True)
    differences = [float(np.abs(alpha[0, 0] - right).mean()) for alpha, right in pairs]
    if not differences:
        raise ContractError("was compared on no picture at all")
    return max(differences)


def recipe_toml(recipe: Recipe) -> str:
    """Write a recipe as it is read by ``load_recipe``, without what goes without saying."""
    lines = [
        "# What livematte inspect found out; licence and titles are for you to fill in.",
        f"name = {_text(recipe.name)}",
        f"licence = {_text(recipe.licence)}",
        f"format = {_text(recipe.format)}",
    ]
    tables: list[tuple[str, Any]] = [
        ("[title]", recipe.title), ("[source]", recipe.source), ("[input]", recipe.input),
        ("[output]", recipe.output),
        *(("[[state]]", state) for state in recipe.state),
        *(("[[constant]]", constant) for constant in recipe.constant),
    ]  # fmt: skip
    for head, part in tables:
        values = part.model_dump(exclude_none=True, exclude_defaults=True)
        lines += ["", head, *(f"{key} = {_value(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_value(item) for item in value)}]"
    return repr(value)


def _text(text: str) -> str:
    """A TOML basic string; JSON's escapes are a part of its."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
