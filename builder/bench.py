"""Measures the built page in a real browser, whose camera plays the demonstration clip.

One run: the page's start with an empty profile, after that visit in a browser that is started anew,
and reloaded; then, in a page of its own,
the engine at the camera's rate and with frames fed as fast as they are taken; then the peers.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder import __version__, paths
from builder.bench_figures import memory_figures, ratios, run_figures
from builder.build import DEFAULT_MODELS, build_site
from builder.chromium import find_chromium, launch_args
from builder.demo import DemoClip, write_y4m
from builder.errors import BenchError
from builder.messages import one_line
from builder.pipeline import Progress, files_of, hash_files, hash_json
from builder.recipe import load_recipe

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

    from builder.bench_server import Traffic

SCHEMA = 1
BACKENDS = ("auto", "wasm", "webgpu")
CLIP_FPS, CLIP_SECONDS = 30, 3  # one loop: 124 MB of raw frames at 1280×720
CLIPS_KEPT = 3
START_LIMIT_MS = 120_000
SETTLE_MS = 1500  # a browser that has just started is busy with itself; a visitor's is not
# A browser writes down what it has compiled once nothing new has been for a while.
VISIT_SECONDS = 30.0
COLOR = "#00b140"
EFFECTS: dict[str, dict[str, Any]] = {
    "blur": {"kind": "blur", "strength": 0.5},
    "color": {"kind": "color", "color": COLOR},
    "image": {"kind": "image"},  # its picture is drawn in the page
    "cutout": {"kind": "cutout"},
    "overlay": {"kind": "overlay", "color": COLOR},
    "mask": {"kind": "mask"},
}


@dataclass(frozen=True)
class BenchOptions:
    """What to measure; ``site`` is measured as it stands, else one is built from the sources."""

    seconds: float = 10
    model: str | None = None
    backend: str = "auto"
    width: int = 1280
    height: int = 720
    effect: str = "blur"
    peers: bool = False
    site: Path | None = None
    visit_seconds: float = VISIT_SECONDS  # that the first visit lasts before there is a second one


def run_bench(options: BenchOptions, progress: Progress) -> dict[str, Any]:
    """Measure; returns what ``--json`` writes.

    Keys: ``start`` (``cold``, ``warm`` and ``reload``: first_matte_ms since the navigation, bytes,
    requests),
    ``live`` and ``throughput`` (see `bench_figures.run_figures`; stages over the last 150 frames),
    ``memory``, ``peers`` (see `bench_peers.run_peers`), ``same_work`` (throughput with a colour,
    which is what the peers draw), ``ratio_to_litert``, ``ratio_to_tasks_vision``.

    Raises:
        BenchError: the browser cannot measure this: a size, a backend or a page that it has not.
        BrowserError: there is no Chromium.
        RecipeError: there is no such model.
    """
    clip = _clip(options)
    site, model = _site(options, progress)
    browser = find_chromium()
    from playwright.sync_api import Error, sync_playwright

    from builder.bench_server import counted

    camera = _camera_file(clip, progress)
    load = _load()
    with counted(site) as (url, traffic), sync_playwright() as playwright:
        chromium = _Chromium(playwright, browser, camera)
        try:
            progress("the page's start, with an empty profile and with a warm one")
            start = _measure_start(chromium, url, traffic, options.visit_seconds)
            progress("the page at work")
            run = _measure_run(chromium, url, options, model)
            peers = _measure_peers(chromium, options, model, clip, run["threads"], progress)
        except Error as error:
            raise BenchError(f"Chromium could not measure the page: {one_line(error)}") from error
    result = {
        "schema": SCHEMA,
        "livematte": __version__,
        "machine": {
            "cpus": os.cpu_count(),
            "load": load,
            "load_after": _load(),
            "browser": chromium.version,
        },
        "clip": {"width": clip.width, "height": clip.height, "fps": clip.fps},
        "start": start,
        **run,
        "peers": peers,
    }
    return {**result, **ratios(result)}


def _load() -> float:
    """Processes that want a core, over the last minute; Windows does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def _clip(options: BenchOptions) -> DemoClip:
    try:
        return DemoClip(options.width, options.height, CLIP_FPS, CLIP_SECONDS)
    except ValueError as error:
        raise BenchError(f"{error}; give another --size") from error


def _site(options: BenchOptions, progress: Progress) -> tuple[Path, str]:
    """The site to measure and the model's name; one that is built here has the model first."""
    if options.site is None:
        model = load_recipe(options.model or DEFAULT_MODELS[0])
        built = build_site(
            (options.model or DEFAULT_MODELS[0],), paths.cache_dir() / "bench-site",
            progress=progress,
        )  # fmt: skip
        return built.site_dir, model.name
    import json

    try:
        manifest = json.loads((options.site / "manifest.json").read_text("utf-8"))
        names = [str(model["name"]) for model in manifest["models"]]
        model_name = options.model or str(manifest["defaultModel"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{options.site} is no site; run `livematte build` first") from error
    if model_name not in names:
        raise BenchError(f"{options.site} has no model {model_name}; it has {', '.join(names)}")
    return options.site, model_name


def _camera_file(clip: DemoClip, progress: Progress) -> Path:
    """The clip's raw frames, kept in the cache under the hash of all that they are made from."""
    names = ("assets/portrait.png", "backgrounds.py", "demo.py")
    sources = [file for name in names for file in files_of(paths.PACKAGE_DIR / name)]
    facts = [clip.width, clip.height, clip.fps, clip.frames, hash_files(sources)]
    file = paths.cache_dir() / "bench-camera" / f"{hash_json(facts)[:16]}.y4m"
    if not file.is_file():
        progress("drawing the clip that the camera plays")
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".new-") as scratch:
            write_y4m(clip, Path(scratch) / file.name)
            (Path(scratch) / file.name).rename(file)
        newest_first = sorted(
            file.parent.glob("*.y4m"), key=lambda each: each.stat().st_mtime, reverse=True
        )
        for old in newest_first[CLIPS_KEPT:]:
            old.unlink()  # they are large
    return file.resolve()


class _Chromium:
    def __init__(self, playwright: "Playwright", executable: Path, camera: Path) -> None:
        self._type = playwright.chromium
        self._executable = executable
        self._camera = camera
        self.version = ""

    @contextmanager
    def open(self, profile: Path | str = "", **context: Any) -> "Iterator[BrowserContext]":
        """A browser with a profile of its own; an empty path is a new one."""
        browser = self._type.launch_persistent_context(
            profile,
            executable_path=self._executable,
            args=[
                *launch_args(),
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={self._camera}",
            ],
            locale="en-GB",
            viewport={"width": 1280, "height": 900},
            **context,
        )
        try:
            cdp = browser.new_cdp_session(browser.pages[0])
            self.version = str(cdp.send("Browser.getVersion")["product"])
            yield browser
        finally:
            browser.close()


def _open(page: "Page", url: str) -> None:
    """Opens the page and waits for the first matte of its demonstration clip."""
    page.set_default_timeout(START_LIMIT_MS)
    page.add_init_script(path=paths.PACKAGE_DIR / "assets" / "bench.js")
    page.goto(url)
    page.wait_for_function("() => livematteBench.firstMatteMs !== null")


def _measure_start(
    chromium: _Chromium, url: str, traffic: "Traffic", visit_seconds: float
) -> dict[str, Any]:
    start: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(
        prefix="livematte-profile-", ignore_cleanup_errors=True
    ) as profile:
        with chromium.open(profile) as browser:
            page = browser.new_page()
            page.wait_for_timeout(SETTLE_MS)
            start["cold"] = _measure_visit(page, traffic, lambda: _open(page, url))
            page.wait_for_timeout(visit_seconds * 1000)
        with chromium.open(profile) as browser:
            page = browser.new_page()
            page.wait_for_timeout(SETTLE_MS)
            start["warm"] = _measure_visit(page, traffic, lambda: _open(page, url))
            start["reload"] = _measure_visit(page, traffic, page.reload)
    return start


def _measure_visit(page: "Page", traffic: "Traffic", visit: Callable[[], Any]) -> dict[str, Any]:
    before = traffic.requests, traffic.bytes
    visit()
    page.wait_for_function("() => globalThis.livematteBench?.firstMatteMs")
    page.wait_for_load_state("networkidle")
    return {
        "first_matte_ms": round(page.evaluate("livematteBench.firstMatteMs"), 1),
        "requests": traffic.requests - before[0],
        "bytes": traffic.bytes - before[1],
    }


def _measure_run(
    chromium: _Chromium, url: str, options: BenchOptions, model: str
) -> dict[str, Any]:
    from builder.bench_memory import MemoryMeter

    forced = "" if options.backend == "auto" else f"?backend={options.backend}"
    with chromium.open() as browser:
        page = browser.new_page()
        meter = MemoryMeter(page)
        _open(page, url + forced)
        size = {"width": options.width, "height": options.height}
        wanted = {"model": model, "effect": EFFECTS[options.effect], **size}
        page.evaluate("wanted => livematteBench.prepare(wanted)", wanted)
        page.evaluate("livematteBench.live(0.5)")  # what is allocated at first use has been
        before = meter.bytes()
        live = page.evaluate("seconds => livematteBench.live(seconds)", options.seconds)
        after = meter.bytes()
        fed = page.evaluate("seconds => livematteBench.throughput(seconds)", options.seconds)
        same = fed if options.effect == "color" else None
        if options.peers and same is None:
            page.evaluate("effect => livematteBench.setEffect(effect)", EFFECTS["color"])
            same = page.evaluate("seconds => livematteBench.throughput(seconds)", options.seconds)
    _check(live, options)
    stats = live["stats"]
    figures = run_figures(live, CLIP_FPS)
    return {
        **{key: stats[key] for key in ("model", "variant", "backend", "threads", "isolated")},
        "sampler": stats["sampler"],
        "effect": live["effect"],
        "live": figures,
        "throughput": run_figures(fed),
        "same_work": run_figures(same) if same and options.peers else None,
        "memory": memory_figures(before, after, figures["seconds"]),
    }


def _check(live: dict[str, Any], options: BenchOptions) -> None:
    """Figures of something else than was asked for are none."""
    stats = live["stats"]
    if options.backend not in ("auto", stats["backend"]):
        raise BenchError(
            f"the page ran on {stats['backend']}, not on {options.backend}: this browser or this "
            "site cannot; leave --backend out"
        )
    if (stats["width"], stats["height"]) != (options.width, options.height):
        raise BenchError(
            f"the camera gave {stats['width']}×{stats['height']}, not "
            f"{options.width}×{options.height}; give another --size"
        )
    if live["effect"] != options.effect:
        raise BenchError(f"the page drew {live['effect']}, not {options.effect}; run it again")


def _measure_peers(
    chromium: _Chromium,
    options: BenchOptions,
    model: str,
    clip: DemoClip,
    threads: int,
    progress: Progress,
) -> list[dict[str, Any]]:
    if not options.peers:
        return []
    from builder.bench_peers import run_peers

    progress("the peers")
    recipe = load_recipe(options.model or model)
    with chromium.open(bypass_csp=True) as browser:
        return run_peers(browser, recipe, clip, threads, options.seconds)
