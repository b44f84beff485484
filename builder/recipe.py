"""Reads ``models/<name>.toml`` into one frozen, typed object; reports all its mistakes at once."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from builder import paths
from builder.errors import RecipeError
from builder.recipe_schema import (
    SOURCES,
    Constant,
    Input,
    MatteSettings,
    NpmSource,
    Output,
    Part,
    PathSource,
    Published,
    Source,
    State,
    Title,
    UrlSource,
)

__all__ = [
    "Constant", "Input", "MatteSettings", "NpmSource", "Output", "PathSource", "Published",
    "Recipe", "State", "Title", "UrlSource", "all_recipes", "load_recipe",
]  # fmt: skip


class Recipe(Part):
    """One model: where it comes from, what it means, how it is used."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="lower-case letters, digits and hyphens"
    )
    title: Title = Field(description="a table with the keys en and zh")
    licence: str = Field(min_length=1, description='an SPDX licence name, like "Apache-2.0"')
    homepage: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="where the model is described"
    )
    format: Literal["tflite", "onnx", "paddle"] = Field(description='"tflite", "onnx" or "paddle"')
    quantized: Literal["float", "qdq"] = Field(
        default="float",
        description='what a quantised TFLite model becomes: "float" or, its integers kept, "qdq"',
    )
    source: Source = Field(description="a table with one of the keys npm, path and url")
    input: Input = Field(description="a table with the keys width, height and layout")
    output: Output = Field(description='a table, like kind = "alpha"')
    state: tuple[State, ...] = Field(
        default=(), description="tables with the keys input, output and shape"
    )
    constant: tuple[Constant, ...] = Field(
        default=(), description="tables with the keys input and value"
    )
    published: tuple[Published, ...] = Field(
        default=(), description="tables with the keys metric, value, dataset and source"
    )
    matte: MatteSettings = Field(default=MatteSettings(), description="a table")
    folder: Path = Field(default=Path(), exclude=True)

    @field_validator("state", "constant")
    @classmethod
    def _no_tensor_twice(cls, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        inputs = [part.input for part in parts]
        outputs = [part.output for part in parts if isinstance(part, State)]
        if len(set(inputs)) < len(inputs) or len(set(outputs)) < len(outputs):
            raise ValueError("names a tensor twice")
        return parts


def load_recipe(name_or_path: str | Path, folder: Path | None = None) -> Recipe:
    """Read one recipe.

    Args:
        name_or_path: a recipe's name (``selfie``) or its file (``mine/model.toml``).
        folder: where names are looked up; by default the recipes that come with Livematte.

    Raises:
        RecipeError: no such recipe, or mistakes in it (all of them, each with its key).
    """
    path = _find(name_or_path, folder or paths.models_dir())
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), [f"not a TOML file: {error}"]) from error
    except OSError as error:
        raise RecipeError(str(path), [f"cannot be read: {error.strerror}"]) from error
    if "folder" in data:
        raise RecipeError(str(path), ["folder: unknown key; remove it"])
    try:
        # TOML has arrays, the recipe has tuples: strict mode takes lists from JSON only.
        recipe = Recipe.model_validate({**_tuples(data), "folder": path.parent})
    except ValidationError as error:
        raise RecipeError(str(path), _problems(error)) from error
    if recipe.name != path.stem:
        raise RecipeError(
            str(path), [f'name: "{recipe.name}" must be the file\'s own name, "{path.stem}"']
        )
    return recipe


def all_recipes(folder: Path | None = None) -> list[Recipe]:
    """Read every recipe of a folder, by name; mistakes of all files are reported together."""
    folder = folder or paths.models_dir()
    recipes, problems = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            recipes.append(load_recipe(path))
        except RecipeError as error:
            problems += [f"{path.name}: {problem}" for problem in error.problems]
    if problems:
        raise RecipeError(str(folder), problems)
    if not recipes:
        raise RecipeError(str(folder), ["no recipe (*.toml) in this folder"])
    return recipes


def _find(name_or_path: str | Path, folder: Path) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    known = sorted(p.stem for p in folder.glob("*.toml"))
    if str(name_or_path) not in known:
        close = difflib.get_close_matches(str(name_or_path), known, n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"the recipes are {', '.join(known)}"
        raise RecipeError(str(name_or_path), [f"no recipe of this name in {folder}; {hint}"])
    return folder / f"{name_or_path}.toml"


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(v) for v in value)
    return value


def _problems(error: ValidationError) -> list[str]:
    """Write one line for each key that has a mistake."""
    lines: dict[str, str] = {}
    for item in error.errors(include_url=False):
        part, keys = _part_at(item["loc"])
        field = part.model_fields.get(keys[-1]) if keys else None
        right = f" (right is: {field.description})" if field and field.description else ""
        key = ".".join(keys) or "recipe"
        lines.setdefault(key, f"{key}: {_what(item, part, keys)}{right}")
    return list(lines.values())


def _part_at(location: tuple[str | int, ...]) -> tuple[type[Part], list[str]]:
    """Follow an error's location to the part of the recipe that holds its last key."""
    parts: dict[str, type[Part]] = {
        "title": Title,
        "input": Input,
        "output": Output,
        "matte": MatteSettings,
    }
    lists: dict[str, type[Part]] = {"state": State, "constant": Constant, "published": Published}
    keys = [str(key) for key in location]
    if len(keys) > 2 and keys[0] == "source":
        return SOURCES[keys[1]], ["source", *keys[2:]]
    if len(keys) > 2 and keys[0] in lists:
        return lists[keys[0]], [f"{keys[0]}[{keys[1]}]", keys[2]]
    if len(keys) > 1 and keys[0] in parts:
        return parts[keys[0]], keys[:2]
    return Recipe, keys[:1]


def _what(item: Any, part: type[Part], keys: list[str]) -> str:
    match item["type"]:
        case "missing":
            return "missing"
        case "extra_forbidden":
            known = [key for key in part.model_fields if key != "folder"]
            close = difflib.get_close_matches(keys[-1], known, n=1)
            hint = f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(known)}"
            return f"unknown key; {hint}"
        case "union_tag_invalid" | "union_tag_not_found":
            return "none of the known kinds"
        case "value_error" if item["input"] is None:
            return f"missing; it {item['ctx']['error']}"
        case "value_error":
            return f"{_shown(item['input'])} is wrong: {item['ctx']['error']}"
        case _:
            return f"{_shown(item['input'])} is wrong"


def _shown(value: Any) -> str:
    """A value as a recipe writes it, shortened where it is long."""
    text = repr(list(value)) if isinstance(value, tuple) else repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
