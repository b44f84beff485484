"""What was measured of a model, in a file beside its recipe: ``models/<name>.<kind>.json``."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from builder.errors import TuneError
from builder.files import write_whole
from builder.recipe import Recipe

ADVICE = "measure again with livematte build --tune, or remove the file"

Measured = TypeVar("Measured", bound=BaseModel)


def path_beside(recipe: Recipe, kind: str) -> Path:
    """Where one kind of what was measured lies."""
    return recipe.folder / f"{recipe.name}.{kind}.json"


def read_beside(recipe: Recipe, kind: str, model: type[Measured]) -> Measured | None:
    """Read what was measured; None where nothing was.

    Raises:
        TuneError: the file cannot be read or holds something else.
    """
    path = path_beside(recipe, kind)
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TuneError(f"{path}: cannot be read ({error.strerror}); {ADVICE}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TuneError(f"{path}: {place} is wrong ({first['msg']}); {ADVICE}") from error


def write_beside(recipe: Recipe, kind: str, measured: BaseModel) -> Path:
    """Write what was measured, whole or not at all; returns the file.

    Raises:
        TuneError: the folder cannot be written to.
    """
    path = path_beside(recipe, kind)
    try:
        write_whole(path, f"{measured.model_dump_json(indent=1)}\n".encode())
    except OSError as error:
        raise TuneError(
            f"{path}: cannot be written ({error.strerror}); copy the recipe into a folder of yours"
            " and name that file with --model"
        ) from error
    return path
