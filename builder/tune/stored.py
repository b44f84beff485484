"""``models/<name>.tuning.json``: which rewrites a model gets, and the figures that say so.

`builder.tune.race` writes it after measuring in a browser; an ordinary build only reads it. Times
are milliseconds for one inference, ratios are new time by old time; both by the number of threads.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from builder.errors import TuneError
from builder.files import write_whole
from builder.recipe import Recipe

# For a model that nobody has measured: less work, or the same in fewer passes, whatever runs it.
DEFAULT_REWRITES = ("pointwise_before_resize", "gates")

Times = dict[str, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trial(_Part):
    """One rewrite: the time with all others and it, by the time with all others and not it."""

    rewrite: str
    ratio: Times
    kept: bool


class Yardstick(_Part):
    """Another runtime on the original weights, in the same run; ``ratio`` is ours by its."""

    runtime: str
    ms: Times
    ratio: Times


class Tuning(_Part):
    """A model's rewrites and what was measured when they were chosen."""

    version: Literal[1] = 1
    rewrites: tuple[str, ...]
    runtime: str
    browser: str
    before_ms: Times
    after_ms: Times
    ratio: Times
    trials: tuple[Trial, ...]
    variants: dict[str, Times] = {}  # a variant's time by fp32's, in the same run
    yardstick: Yardstick | None = None


def tuning_path(recipe: Recipe) -> Path:
    """Where a recipe's tuning lies: beside it."""
    return recipe.folder / f"{recipe.name}.tuning.json"


def chosen_rewrites(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of the rewrites that a recipe's model gets.

    Raises:
        TuneError: its tuning file cannot be used.
    """
    tuning = read_tuning(recipe)
    return DEFAULT_REWRITES if tuning is None else tuning.rewrites


def read_tuning(recipe: Recipe) -> Tuning | None:
    """Read a recipe's tuning; None where it has none.

    Raises:
        TuneError: the file cannot be read or holds something else.
    """
    path = tuning_path(recipe)
    advice = "measure again with livematte build --tune, or remove the file"
    try:
        return Tuning.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TuneError(f"{path}: cannot be read ({error.strerror}); {advice}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TuneError(f"{path}: {place} is wrong ({first['msg']}); {advice}") from error


def write_tuning(recipe: Recipe, tuning: Tuning) -> Path:
    """Write a recipe's tuning beside it, whole or not at all; returns the file.

    Raises:
        TuneError: the folder cannot be written to.
    """
    path = tuning_path(recipe)
    try:
        write_whole(path, f"{tuning.model_dump_json(indent=1)}\n".encode())
    except OSError as error:
        raise TuneError(
            f"{path}: cannot be written ({error.strerror}); copy the recipe into a folder of yours"
            " and name that file with --model"
        ) from error
    return path
