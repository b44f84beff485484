"""The same weights and clip through other runtimes, for the ratios of the bench.

Peers are development packages of npm. They are served from a folder made for the run and never
come near a site. One that cannot run is reported with the reason; it does not end the bench.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error

from builder import paths
from builder.bench_figures import percentiles
from builder.bench_metadata import with_normalization
from builder.demo import DemoClip
from builder.errors import FetchError
from builder.fetch import fetch
from builder.messages import one_line
from builder.recipe import Recipe
from builder.resample import resize
from builder.serve import serving

INPUT_FRAMES = 10  # frames of the clip that LiteRT.js gets in turn
RUN_LIMIT_S = 120
# A mask that finds nobody in a clip with a person, or nothing else, is no answer.
PERSON = (0.05, 0.95)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Peers</title>
<script type="importmap">
{"imports": {"@litertjs/wasm-utils": "./wasm-utils/dist/index.js"}}
</script>
<script type="module" src="bench-peers.js"></script></head><body></body></html>
"""


@dataclass(frozen=True)
class Peer:
    """One peer: its package, the function of bench-peers.js that runs it, what it does."""

    package: str
    function: str
    does: str


LITERT = Peer("@litertjs/core", "litert", "inference")
TASKS_VISION = Peer("@mediapipe/tasks-vision", "tasksVision", "whole frame, a colour")
PEERS = (LITERT, TASKS_VISION)
_FOLDERS = {
    "litert": "@litertjs/core",
    "wasm-utils": "@litertjs/wasm-utils",
    "tasks-vision": "@mediapipe/tasks-vision",
}


def run_peers(
    context: BrowserContext, recipe: Recipe, clip: DemoClip, threads: int, seconds: float
) -> list[dict[str, Any]]:
    """Run each peer for ``seconds``.

    Args:
        context: of a browser whose camera plays ``clip``; content policies are bypassed, because
            an import map cannot be a file.
        recipe: whose source bytes the peers get.
        clip: what the camera films.
        threads: for LiteRT.js; tasks-vision has one.
        seconds: for each.

    Returns:
        For each peer ``package``, ``does``, ``version`` and either ``runs``, ``seconds``, ``fps``
        and ``ms`` (p50, p95), or ``reason``: why it did not run, in one line.
    """
    try:
        model = _tflite(recipe)
    except (FetchError, ValueError) as error:
        return [_not_run(peer, str(error)) for peer in PEERS]
    with tempfile.TemporaryDirectory(prefix="livematte-peers-") as scratch:
        folder = Path(scratch)
        _gather(folder, recipe, model, clip)
        with serving(folder) as url:
            options = {"threads": threads, "seconds": seconds}
            sizes = {
                LITERT: {"width": recipe.input.width, "height": recipe.input.height},
                TASKS_VISION: {"width": clip.width, "height": clip.height},
            }
            return [_run(context, url, peer, {**options, **sizes[peer]}) for peer in PEERS]


def _tflite(recipe: Recipe) -> bytes:
    if recipe.format != "tflite":
        raise ValueError(f"{recipe.name} is {recipe.format}, and the peers run TFLite only")
    given = recipe.input
    uniform = len(set(given.mean)) == 1 and len(set(given.std)) == 1
    if given.layout != "NHWC" or given.channels != "RGB" or not uniform:
        raise ValueError(f"{recipe.name} wants another input than the peers are given (NHWC, RGB)")
    return fetch(recipe)


def _gather(folder: Path, recipe: Recipe, model: bytes, clip: DemoClip) -> None:
    (folder / "index.html").write_text(_PAGE, "utf-8")
    shutil.copy(paths.PACKAGE_DIR / "assets" / "bench-peers.js", folder)
    for name, package in _FOLDERS.items():
        source = paths.node_modules() / package
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.map"))
    given = recipe.input
    # In the recipe a channel is 0..1 before its scale; in the metadata it is 0..255.
    scale = given.scale or 1.0
    unit = 255 / scale
    (folder / "model.tflite").write_bytes(model)
    tagged = with_normalization(model, given.mean[0] * unit, given.std[0] * unit)
    (folder / "tagged.tflite").write_bytes(tagged)
    with (folder / "frames.bin").open("wb") as out:
        for i in range(INPUT_FRAMES):
            rgb = clip.frame(i * len(clip) // INPUT_FRAMES)[0]
            small = resize(rgb, given.height, given.width) / 255  # [H, W, 3] float32, RGB 0..1
            out.write(((small * scale - given.mean) / given.std).astype("<f4").tobytes())


def _run(context: BrowserContext, url: str, peer: Peer, options: dict[str, Any]) -> dict[str, Any]:
    if _version(peer) is None:
        return _not_run(peer, "not installed; `npm ci` brings it")
    page = context.new_page()
    page.set_default_timeout(RUN_LIMIT_S * 1000)
    try:
        page.goto(url)
        page.wait_for_function("() => globalThis.livemattePeers")
        ran = page.evaluate(
            "([name, options, limit]) => Promise.race([livemattePeers[name](options), "
            "new Promise((_, no) => setTimeout(() => no(new Error('takes too long')), limit))])",
            [peer.function, options, RUN_LIMIT_S * 1000],
        )
    except Error as error:
        return _not_run(peer, one_line(error))
    finally:
        page.close()
    return _figures(peer, ran)


def _figures(peer: Peer, ran: dict[str, Any]) -> dict[str, Any]:
    person = round(ran["person"], 4)
    if not PERSON[0] <= person <= PERSON[1]:
        return _not_run(peer, f"its mask is wrong: {person:.1%} of the picture is person")
    return {
        "package": peer.package,
        "version": _version(peer),
        "does": peer.does,
        "runs": len(ran["ms"]),
        "seconds": round(ran["seconds"], 3),
        "fps": round(len(ran["ms"]) / ran["seconds"], 2),
        "ms": percentiles(ran["ms"]),
        "person": person,
    }


def _not_run(peer: Peer, reason: str) -> dict[str, Any]:
    facts = {"package": peer.package, "version": _version(peer), "does": peer.does}
    return {**facts, "reason": reason}


def _version(peer: Peer) -> str | None:
    file = paths.node_modules() / peer.package / "package.json"
    try:
        return str(json.loads(file.read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return None
