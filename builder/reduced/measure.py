"""Finds what a model calls of the runtime, by running it on one that takes notes, in a browser.

With one thread and with several, since those are started and fed by functions of their own; from
its start to its end, twice, since what is left of a session may matter to the next.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from builder.reduced.functions import mark_calls
from builder.reduced.stored import Calls, packed, write_calls
from builder.reduced.wasm_module import WasmModule
from builder.variants import KINDS

if TYPE_CHECKING:
    from builder.built import BuiltModel
    from builder.pipeline import Progress

THREADS = (1, 2, 4)  # the most that the page takes
INFERENCES = 10
# The notes lie at the end of a memory that is far larger than any of the models needs.
MEMORY_BYTES = 256 * 2**20
MARKS_BYTES = 2**20


def measure_calls(built: "BuiltModel", wasm: Path, progress: "Progress") -> Calls:
    """Run the variant that the page takes on wasm, and store what it calls beside its recipe.

    Args:
        built: the model.
        wasm: the runtime's module.
        progress: called with one line.

    Raises:
        BrowserError: there is no Chromium.
        TuneError: the browser cannot run it, or the result cannot be written.
        ReduceError: the runtime's module cannot be read.
    """
    from builder.reduced.signature import graph_signature
    from builder.tune.browser import open_track

    runtime, model = wasm.read_bytes(), built.data(built.preferred)
    base, name = MEMORY_BYTES - MARKS_BYTES, built.preferred
    functions = len(WasmModule.parse(runtime).bodies)
    is_optimized = KINDS[name].is_optimized
    with open_track(THREADS, mark_calls(runtime, base), MEMORY_BYTES) as track:
        for _ in range(2):
            track.load(name, model, is_optimized=is_optimized)
            for threads in THREADS:
                track.race([name], threads, 1, INFERENCES)
            track.free(name)
        called = track.marks(base, functions)
        calls = Calls(
            runtime=track.runtime,
            browser=track.browser,
            wasm_sha256=hashlib.sha256(runtime).hexdigest(),
            variant=name,
            graph_sha256=graph_signature(model),
            count=len(called),
            functions=packed(called),
        )
    write_calls(built.recipe, calls)
    progress(f"{built.recipe.name}: calls {len(called)} of the runtime's {functions} functions")
    return calls
