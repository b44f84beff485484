"""A headless Chromium in which models race, one after the other in turn."""

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from builder import paths
from builder.chromium import find_chromium, launch_args
from builder.errors import TuneError
from builder.messages import one_line
from builder.serve import serving

log = logging.getLogger(__name__)

RUNTIME, YARDSTICK = "onnxruntime-web", "@litertjs/core"
_RUNTIME_FILES = (
    "ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm",
)  # fmt: skip
_LOADER = "@litertjs/wasm-utils"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tuning</title>
<script type="module" src="tune.js"></script></head><body></body></html>
"""

Racer = tuple[str, int]  # the model's name and the number of threads


class Track:
    """A page with a worker for each number of threads; models are loaded into all of them."""

    def __init__(
        self, page: Any, folder: Path, threads: Sequence[int], browser: str, memory_bytes: int = 0
    ) -> None:
        self._page = page
        self._folder = folder
        self._threads = tuple(threads)
        self._yardstick: str | None = None
        self.browser = browser
        self.runtime = f"{RUNTIME} {version_of(RUNTIME)}"
        for count in self._threads:
            self._call("livematteTune.start(...args)", f"ort-{count}", "ort", count, memory_bytes)

    def load(self, name: str, model: bytes, *, is_optimized: bool = False) -> None:
        """Load an ONNX model under a name; an optimised one runs as it is written.

        Raises:
            TuneError: the runtime refuses it.
        """
        (self._folder / "models" / f"{name}.onnx").write_bytes(model)
        for count in self._threads:
            racer = {"worker": f"ort-{count}", "model": name, "isOptimized": is_optimized}
            self._call("livematteTune.change(...args)", "load", racer)

    def free(self, name: str) -> None:
        """Take an ONNX model out again."""
        for count in self._threads:
            self._call(
                "livematteTune.change(...args)", "free", {"worker": f"ort-{count}", "model": name}
            )

    def load_yardstick(self, name: str, model: bytes) -> None:
        """Load a TFLite model into the other runtime.

        Raises:
            TuneError: it is not installed, or refuses the model.
        """
        _place_yardstick(self._folder)
        (self._folder / "models" / f"{name}.tflite").write_bytes(model)
        for count in self._threads:
            self._call("livematteTune.start(...args)", f"litert-{count}", "litert", count)
            self._call(
                "livematteTune.change(...args)", "load",
                {"worker": f"litert-{count}", "model": name},
            )  # fmt: skip
        self._yardstick = name

    def race(
        self, names: Sequence[str], threads: int, rounds: int, repeats: int
    ) -> dict[str, list[float]]:
        """Let models run in turn.

        Args:
            names: of loaded models.
            threads: how many each uses.
            rounds: how often each has its turn.
            repeats: inferences in a turn.

        Returns:
            For each name, in each round, the fastest inference in milliseconds.

        Raises:
            TuneError: a model cannot be run.
        """
        racers = [
            {
                "worker": f"{'litert' if name == self._yardstick else 'ort'}-{threads}",
                "model": name,
            }
            for name in names
        ]
        times = self._call("livematteTune.race(...args)", racers, rounds, repeats)
        return dict(zip(names, times, strict=True))

    def marks(self, base: int, count: int) -> set[int]:
        """Read which bytes of the runtimes' memories, counted from a base on, are marked.

        Raises:
            TuneError: the runtime is not one that marks what it calls.
        """
        rows = [
            self._call("livematteTune.marks(...args)", f"ort-{threads}", base, count)
            for threads in self._threads
        ]
        return set().union(*rows)

    def _call(self, expression: str, *args: Any) -> Any:
        from playwright.sync_api import Error

        try:
            return self._page.evaluate(f"args => {expression}", list(args))
        except Error as error:
            raise TuneError(
                f"the browser cannot measure: {one_line(error)}; the build goes without --tune"
            ) from error


@contextmanager
def open_track(
    threads: Sequence[int], wasm: bytes | None = None, memory_bytes: int = 0
) -> Iterator[Track]:
    """Start Chromium on a page of its own for as long as the block runs.

    Args:
        threads: the numbers of threads to run with.
        wasm: the runtime's module instead of the installed one.
        memory_bytes: how large its memory is at first; 0: as it asks for.

    Raises:
        BrowserError: there is no Chromium.
        TuneError: the runtime is not installed, or the page does not start.
    """
    executable = find_chromium()
    from playwright.sync_api import Error, sync_playwright

    with tempfile.TemporaryDirectory(prefix="livematte-tune-") as scratch:
        folder = Path(scratch)
        _gather(folder)
        if wasm is not None:
            (folder / "ort" / _RUNTIME_FILES[2]).write_bytes(wasm)
        with serving(folder) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=launch_args())
            try:
                page = browser.new_page()
                page.on("console", lambda message: log.debug("browser: %s", message.text))
                page.goto(url)
                page.wait_for_function("() => globalThis.livematteTune")
                yield Track(page, folder, threads, f"Chromium {browser.version}", memory_bytes)
            except Error as error:
                raise TuneError(
                    f"the page for measuring does not start: {one_line(error)}; run"
                    " livematte -v build --tune for its console"
                ) from error
            finally:
                browser.close()


def version_of(package: str) -> str:
    """The version of an npm package that is installed.

    Raises:
        TuneError: it is not.
    """
    try:
        text = (paths.node_modules() / package / "package.json").read_text("utf-8")
        return str(json.loads(text)["version"])
    except (OSError, ValueError, KeyError) as error:
        raise TuneError(f"the npm package {package} is not installed; run `npm ci`") from error


def has_yardstick() -> bool:
    """Whether the runtime to compare with is installed."""
    return (paths.node_modules() / YARDSTICK).is_dir()


def _gather(folder: Path) -> None:
    version_of(RUNTIME)
    (folder / "index.html").write_text(_PAGE, "utf-8")
    for name in ("tune.js", "tune-ort.js"):
        shutil.copy(paths.PACKAGE_DIR / "assets" / name, folder)
    (folder / "models").mkdir()
    (folder / "ort").mkdir()
    for name in _RUNTIME_FILES:
        shutil.copy(paths.node_modules() / RUNTIME / "dist" / name, folder / "ort")


def _place_yardstick(folder: Path) -> None:
    """Lay LiteRT.js beside the page, with its one bare import spelled out: workers know no map."""
    version_of(YARDSTICK)
    modules = paths.node_modules()
    for part in ("dist", "wasm"):
        shutil.copytree(
            modules / YARDSTICK / part, folder / "litert" / part,
            ignore=shutil.ignore_patterns("*.map"), dirs_exist_ok=True,
        )  # fmt: skip
    loader = folder / "litert" / "dist" / "wasm-utils.js"
    shutil.copy(modules / _LOADER / "dist" / "index.js", loader)
    entry = folder / "litert" / "dist" / "index.js"
    entry.write_text(entry.read_text("utf-8").replace(f'"{_LOADER}"', '"./wasm-utils.js"'), "utf-8")
    shutil.copy(paths.PACKAGE_DIR / "assets" / "tune-litert.js", folder / "litert" / "wasm")
