"""``models/<name>.tuning.json``: which rewrites a model gets, and the figures that say so.

`builder.tune.race` writes it after measuring in a browser; an ordinary build only reads it. Times
are milliseconds for one inference, ratios are new time by old time; both by the number of threads.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from builder.recipe import Recipe
from builder.tune.beside import path_beside, read_beside, write_beside

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
    return path_beside(recipe, "tuning")


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
    return read_beside(recipe, "tuning", Tuning)


def write_tuning(recipe: Recipe, tuning: Tuning) -> Path:
    """Write a recipe's tuning beside it, whole or not at all; returns the file.

    Raises:
        TuneError: the folder cannot be written to.
    """
    return write_beside(recipe, "tuning", tuning)
