"""One model file or recipe in, the ONNX model that keeps the contract out."""

from pathlib import Path
from typing import Literal

from builder.built import BuiltModel
from builder.errors import ContractError, RecipeError
from builder.files import write_whole
from builder.importers.paddle_files import PROGRAMS
from builder.pipeline import Progress, build_model
from builder.recipe import Input, MatteSettings, Output, PathSource, Recipe, Title, load_recipe

_FORMATS: dict[str, Literal["tflite", "onnx", "paddle"]] = {
    ".tflite": "tflite", ".onnx": "onnx", **dict.fromkeys(PROGRAMS, "paddle"),
}  # fmt: skip


def convert_to_file(
    source: str,
    output: Path,
    recipe_name: str | None,
    variant: str,
    progress: Progress,
    quantized: str | None = None,
    calibration: Path | None = None,
) -> str:
    """Bring a recipe's model, or a model file, to the contract and write one variant.

    Args:
        source: a recipe's name or file, or a .tflite, .onnx or .pdmodel file.
        output: the .onnx file to write; an older one is replaced only by a whole new one.
        recipe_name: for a model file, the recipe that says what its input means; without one the
            file's own input size is used and RGB 0..1 is assumed.
        variant: one of ``variants.KINDS``.
        progress: called with one line for each step.
        quantized: ``float`` or ``qdq``, what a quantised TFLite model becomes; the recipe's own
            unless given.
        calibration: a folder of pictures to calibrate int8 on; the built-in portraits otherwise.

    Returns:
        One line on what was written.

    Raises:
        LivematteError: any stage's own error; ContractError when the variant failed its gate.
    """
    if output.suffix != ".onnx":
        raise ContractError(f"{output}: the output is an ONNX file; give it the ending .onnx")
    recipe = recipe_for(source, recipe_name)
    if quantized is not None:
        recipe = recipe.model_copy(update={"quantized": quantized})
    built = build_model(recipe, progress, calibration)
    data = built.data(_shipped(built, variant))
    try:
        write_whole(output, data)
    except OSError as error:
        raise ContractError(
            f"{output}: cannot be written ({error.strerror}); choose another folder"
        ) from error
    return f"{variant}, {len(data) / 1000:.0f} kB, input {recipe.input.width}×{recipe.input.height}"


def _shipped(built: BuiltModel, variant: str) -> str:
    for rejected in built.rejected:
        if rejected.name == variant:
            names = ", ".join(v.name for v in built.variants)
            raise ContractError(
                f"{built.recipe.name}: {variant} failed its gate ({rejected.reason}); take {names}"
            )
    if variant not in {v.name for v in built.variants}:
        raise ContractError(f"{built.recipe.name}: there is no {variant} of a quantised model")
    return variant


def recipe_for(source: str, recipe_name: str | None = None) -> Recipe:
    """Take a recipe by its name or file, or make one of a model file.

    A model file is read by the recipe that is named, else RGB 0..1 at its own size is assumed.

    Raises:
        RecipeError, ModelImportError, ContractError: there is none, or none can be made.
    """
    path = Path(source)
    if path.suffix not in _FORMATS:
        if recipe_name is not None:
            raise RecipeError(source, ["--recipe goes with a model file; leave it out"])
        return load_recipe(source)
    if recipe_name is not None:
        meant = load_recipe(recipe_name)
        return meant.model_copy(
            update={
                "source": PathSource(path=str(path.resolve())),
                "format": _FORMATS[path.suffix],
            }
        )
    return _guessed(path)


def _guessed(path: Path) -> Recipe:
    from builder.inspect import inspect_file

    facts = inspect_file(path)
    height, width, layout = facts.picture_input()
    return Recipe(
        name="converted",
        title=Title(en=path.stem, zh=path.stem),
        licence="unknown",
        format=_FORMATS[path.suffix],
        source=PathSource(path=str(path.resolve())),
        input=Input(width=width, height=height, layout=layout),
        output=Output(kind="alpha"),
        matte=MatteSettings(),
    )
