"""Reads ``models/<name>.toml`` into one frozen, typed object; reports all its mistakes at once."""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
)

from builder import paths
from builder.errors import RecipeError

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Triple = tuple[float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Title(_Part):
    """What the page calls the model, in each language that the page speaks."""

    en: str = Field(min_length=1, description="the model's name in English")
    zh: str = Field(min_length=1, description="the model's name in Chinese")


class NpmSource(_Part):
    """A file inside a published npm package."""

    npm: str = Field(
        pattern=r"^(@[a-z0-9][\w.-]*/)?[a-z0-9][\w.-]*$",
        description='the npm package, like "@mediapipe/selfie_segmentation"',
    )
    version: str = Field(pattern=r"^\d+\.\d+\.\d+", description='its exact version, like "0.1.2"')
    file: str = Field(min_length=1, description="the file inside the package")
    sha256: Sha256 = Field(description="the file's sha256: 64 lower-case hexadecimal digits")

    def describe(self) -> str:
        """Name the source for messages."""
        return f"npm {self.npm}@{self.version} {self.file}"


class PathSource(_Part):
    """A file on this machine; a relative path starts at the recipe's folder."""

    path: str = Field(min_length=1, description="the file, relative to the recipe")
    sha256: Sha256 | None = Field(default=None, description="the file's sha256, 64 digits")

    def describe(self) -> str:
        """Name the source for messages."""
        return self.path


class UrlSource(_Part):
    """A file on the web."""

    url: str = Field(pattern=r"^https?://\S+$", description='an address, like "https://…"')
    sha256: Sha256 = Field(description="the file's sha256: 64 lower-case hexadecimal digits")

    def describe(self) -> str:
        """Name the source for messages."""
        return self.url


_SOURCES: dict[str, type[_Part]] = {"npm": NpmSource, "path": PathSource, "url": UrlSource}


def _source_kind(value: Any) -> str:
    """Choose the kind of source by the key that is there, so that its other keys get checked."""
    present = [kind for kind in _SOURCES if isinstance(value, dict) and kind in value]
    return present[0] if present else type(value).__name__.removesuffix("Source").lower()


Source = Annotated[
    Annotated[NpmSource, Tag("npm")]
    | Annotated[PathSource, Tag("path")]
    | Annotated[UrlSource, Tag("url")],
    Discriminator(_source_kind),
]


class Input(_Part):
    """What the model's own input means; the builder folds all of it into the graph."""

    width: int = Field(ge=16, le=4096, description="the input's width in pixels, 16 to 4096")
    height: int = Field(ge=16, le=4096, description="the input's height in pixels, 16 to 4096")
    layout: Literal["NHWC", "NCHW"] = Field(description='"NHWC" or "NCHW"')
    channels: Literal["RGB", "BGR"] = Field(default="RGB", description='"RGB" or "BGR"')
    mean: Triple = Field(default=(0.0, 0.0, 0.0), description="subtracted from RGB 0..1")
    std: Triple = Field(default=(1.0, 1.0, 1.0), description="divides what is left, above 0")

    @field_validator("std")
    @classmethod
    def _std_is_positive(cls, std: Triple) -> Triple:
        if min(std) <= 0:
            raise ValueError("must be above 0 in every channel")
        return std


class Output(_Part):
    """What the model's own output means."""

    kind: Literal["alpha"] = Field(description='"alpha": the probability of "person", 0..1')


class MatteSettings(_Part):
    """How the page and the Python reference read the alpha."""

    threshold: Unit = Field(default=0.5, description="alpha from which a pixel is person, 0 to 1")
    ramp: tuple[Unit, Unit] = Field(
        default=(0.2, 0.8),
        description="alpha that becomes 0, alpha that becomes 1; smooth in between",
    )

    @field_validator("ramp")
    @classmethod
    def _ramp_rises(cls, ramp: tuple[float, float]) -> tuple[float, float]:
        if ramp[0] >= ramp[1]:
            raise ValueError("must rise: the first number below the second")
        return ramp


class Recipe(_Part):
    """One model: where it comes from, what it means, how it is used."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="lower-case letters, digits and hyphens"
    )
    title: Title = Field(description="a table with the keys en and zh")
    licence: str = Field(min_length=1, description='an SPDX licence name, like "Apache-2.0"')
    homepage: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="where the model is described"
    )
    format: Literal["tflite", "onnx"] = Field(description='"tflite" or "onnx"')
    source: Source = Field(description="a table with one of the keys npm, path and url")
    input: Input = Field(description="a table with the keys width, height and layout")
    output: Output = Field(description='a table: kind = "alpha"')
    matte: MatteSettings = Field(default=MatteSettings(), description="a table")
    folder: Path = Field(default=Path(), exclude=True)


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
        return tuple(float(v) if type(v) is int else _tuples(v) for v in value)
    return value


def _problems(error: ValidationError) -> list[str]:
    lines = []
    for item in error.errors(include_url=False):
        part, keys = _part_at(item["loc"])
        field = part.model_fields.get(keys[-1]) if keys else None
        right = f" (right is: {field.description})" if field and field.description else ""
        lines.append(f"{'.'.join(keys) or 'recipe'}: {_what(item, part, keys)}{right}")
    return lines


def _part_at(location: tuple[str | int, ...]) -> tuple[type[_Part], list[str]]:
    """Follow an error's location to the part of the recipe that holds its last key."""
    parts: dict[str, type[_Part]] = {
        "title": Title,
        "input": Input,
        "output": Output,
        "matte": MatteSettings,
    }
    keys = [str(key) for key in location]
    if len(keys) > 2 and keys[0] == "source":
        return _SOURCES[keys[1]], ["source", *keys[2:]]
    if len(keys) > 1 and keys[0] in parts:
        return parts[keys[0]], keys[:2]
    return Recipe, keys[:1]


def _what(item: Any, part: type[_Part], keys: list[str]) -> str:
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
        case "value_error":
            return f"{item['input']!r} is wrong: {item['ctx']['error']}"
        case _:
            return f"{item['input']!r} is wrong"
