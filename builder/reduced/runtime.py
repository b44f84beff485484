"""The runtime of a site: with what its models call, where that is known."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from builder import paths
from builder.cache import filling
from builder.reduced.functions import reduce_runtime
from builder.reduced.stored import Calls, read_calls

if TYPE_CHECKING:
    from builder.built import BuiltModel
    from builder.pipeline import Progress

log = logging.getLogger(__name__)

# Of the rules after which functions stay: a new number makes what is in the cache another one.
_RULES = 1


@dataclass(frozen=True)
class ReducedRuntime:
    """A module that has what some of a site's models call."""

    wasm: Path
    models: frozenset[str]  # their names


def reduced_runtime(
    wasm: Path, models: "Sequence[BuiltModel]", progress: "Progress"
) -> ReducedRuntime | None:
    """Leave out of the runtime what none of the models calls of which that is known.

    Args:
        wasm: the whole runtime's module.
        models: of the site, the default one first.
        progress: called with a line for each model that needs the whole one.

    Returns:
        None where the default model is not among them: its page would load both.

    Raises:
        TuneError: what a model calls cannot be read.
        ReduceError: the runtime's module cannot be read.
    """
    whole = wasm.read_bytes()
    runtime = hashlib.sha256(whole).hexdigest()
    known = {}
    for model in models:
        calls = read_calls(model.recipe)
        reason = _mismatch(calls, model, runtime)
        if calls is None or reason:
            progress(f"{model.recipe.name}: {reason}; it loads the whole runtime")
        else:
            known[model.recipe.name] = calls
    if not models or models[0].recipe.name not in known:
        return None
    called = frozenset().union(*(calls.called for calls in known.values()))
    key = hashlib.sha256(f"{_RULES} {runtime} {sorted(called)}".encode()).hexdigest()[:16]
    folder = paths.cache_dir() / "reduced" / key
    if not folder.is_dir():
        with filling(folder) as new:
            (new / wasm.name).write_bytes(reduce_runtime(whole, called))
    file = folder / wasm.name
    log.info("the runtime is reduced from %d to %d bytes", len(whole), file.stat().st_size)
    return ReducedRuntime(file, frozenset(known))


def _mismatch(calls: Calls | None, model: "BuiltModel", runtime: str) -> str:
    """Say why what was measured does not hold for a model; empty where it does."""
    from builder.reduced.signature import graph_signature

    if calls is None:
        return "what it calls of the runtime is not known, livematte build --tune finds out"
    if calls.wasm_sha256 != runtime:
        return f"what it calls was measured with {calls.runtime}, measure again with --tune"
    shipped = model.preferred
    if calls.variant != shipped or calls.graph_sha256 != graph_signature(model.data(shipped)):
        return "it has changed since what it calls was measured, measure again with --tune"
    return ""
