"""The whole inspection: the file's facts, the trials, the recipe."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.errors import ContractError, ModelImportError, RecipeError
from builder.inspect.facts import ModelFacts
from builder.inspect.read import SUFFIXES, inspect_file, read_model_file

if TYPE_CHECKING:
    from builder.inspect.advice import Advice
    from builder.inspect.probe import Probe

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Inspection:
    """All that is known of a model file; ``probe`` is None where it could not be tried."""

    facts: ModelFacts
    probe: "Probe | None"
    advice: "Advice"

    def to_json(self) -> dict[str, Any]:
        """Everything as values that JSON can hold, in camelCase."""
        trials = [finding.to_json() for finding in self.probe.findings] if self.probe else []
        pictures = self.probe.pictures if self.probe else 0
        return {
            **self.facts.to_json(),
            "pictures": pictures,
            "framesPerPicture": self.probe.runs if self.probe else 0,
            "trials": trials,
            "advice": self.advice.to_json(),
        }


def inspect_model(
    path: Path, recipe_path: Path | None = None, progress: Progress | None = None
) -> Inspection:
    """Read a model file, try it on portraits, and write the recipe that follows.

    Args:
        path: a ``.tflite`` or ``.onnx`` file.
        recipe_path: where the recipe is to lie; by default beside the model.
        progress: called with the trials done and the number in all.

    Raises:
        ModelImportError: no such file, another format, or a damaged file.
        RecipeError: ``recipe_path`` is no recipe's name.
    """
    from builder.importers import import_model
    from builder.inspect.advice import Advice, advise
    from builder.inspect.probe import probe

    if recipe_path is not None and recipe_path.suffix != ".toml":
        raise RecipeError(str(recipe_path), ["a recipe's file ends with .toml; name it so"])
    facts = inspect_file(path)
    try:
        data = read_model_file(path)
        model = import_model(data, SUFFIXES[path.suffix], str(path))
        probed = probe(model, facts.macs, progress)
    except (ContractError, ModelImportError) as error:
        return Inspection(facts, None, Advice(None, None, None, (f"not tried: {error}",)))
    place = recipe_path or path.with_suffix(".toml")
    return Inspection(facts, probed, advise(facts, data, model, probed, place))
