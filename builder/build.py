"""One build: recipes → models, demonstration clip and runtime → the site.

Everything is gathered before the site is written, and nothing is written when nothing changed.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder import __version__, paths
from builder.built import BuiltModel
from builder.cache import filling
from builder.errors import SiteError
from builder.importers.paddle_files import PARAMETERS, is_program
from builder.pipeline import Progress, build_model, files_of, hash_files, hash_json
from builder.recipe import Recipe, load_recipe
from builder.reduced.stored import read_calls
from builder.site_choices import SiteChoices
from builder.tune.stored import read_tuning
from builder.variants import KINDS

if TYPE_CHECKING:
    from builder.site_plan import DemoMedia, SiteModel

# The first is the page's default: half the pixels of the other, so the faster one.
DEFAULT_MODELS = ("selfie-landscape", "selfie")

DEMO_WIDTH, DEMO_HEIGHT, DEMO_FPS, DEMO_SECONDS = 1280, 720, 30, 8
HOST_LIMIT = 25 * 2**20  # bytes of a file that some static hosts take
# What shapes a site besides the project's own code.
_TOOLS = (
    "av", "brotli", "jinja2", "matplotlib", "numpy", "onnx", "onnxruntime", "onnxsim", "pillow",
    "tflite",
)  # fmt: skip
# The frame whose picture stands for the clip before it plays.
POSTER_FRAME = 0


@dataclass(frozen=True)
class BuildResult:
    """A site; ``models`` is empty when nothing had to be rendered."""

    site_dir: Path
    rendered: bool
    models: tuple[BuiltModel, ...]


def build_site(
    models: Sequence[str],
    site_dir: Path | None = None,
    *,
    progress: Progress,
    force: bool = False,
    tuned: bool = False,
    choices: SiteChoices | None = None,
    join: bool = True,
    calibration: Path | None = None,
) -> BuildResult:
    """Build the site, unless the one that is there was made from the same inputs.

    Args:
        models: recipes by name or file, the first is the page's default; none means the two that
            come with Livematte.
        site_dir: the folder to write, ``site/`` by default; its old content stays as it is until
            the new one is whole.
        progress: called with one line for each step.
        force: render even when nothing changed.
        tuned: first measure in a browser which rewrites make each model faster.
        choices: title, background pictures and what else makes it a site of one's own.
        join: the engine's modules become a few files, which load sooner; apart they are what a
            developer has written.
        calibration: a folder of pictures to calibrate int8 on; the built-in portraits otherwise.

    Raises:
        LivematteError: any stage's own error; the old site is untouched then.
    """
    site_dir = site_dir or paths.default_site_dir()
    recipes = tuple(load_recipe(name) for name in models or DEFAULT_MODELS)
    if tuned:
        _tune(recipes, progress, calibration)
    choices = choices or SiteChoices()
    fingerprint = _fingerprint(recipes, choices, [join, _folder_state(calibration)])
    if not force and _built_fingerprint(site_dir) == fingerprint:
        return BuildResult(site_dir, rendered=False, models=())

    from builder.join import find_esbuild
    from builder.precompress import warm_up
    from builder.reduced.runtime import reduced_runtime
    from builder.report import report_files
    from builder.site import render_site
    from builder.site_backgrounds import read_backgrounds
    from builder.site_plan import BACKDROPS, OWN_BACKDROP, Runtime, SiteBackgrounds, SitePlan

    backgrounds = SiteBackgrounds()
    if choices.backgrounds:
        backgrounds = read_backgrounds(choices.backgrounds, (*BACKDROPS, OWN_BACKDROP), progress)
    runtime = Runtime.from_npm(paths.node_modules(), choices.webgpu)
    # Half a minute each on one core when not in the cache: it goes on beside the models' stages.
    large = [runtime.wasm, *(build.wasm for build in runtime.webgpu.values())]
    tell_of_large_files(large, progress)
    warm_up(large, paths.cache_dir())
    built = tuple(build_model(recipe, progress, calibration) for recipe in recipes)
    reduced = reduced_runtime(runtime.wasm, built, progress)
    if reduced:
        runtime = replace(runtime, reduced=reduced.wasm)
        warm_up([reduced.wasm], paths.cache_dir())
    plan = SitePlan(
        title=choices.title,
        template_dir=paths.template_dir(),
        models=tuple(_site_model(model, reduced.models if reduced else ()) for model in built),
        default_model=recipes[0].name,
        runtime=runtime,
        demo=_demo_media(progress),
        fingerprint=fingerprint,
        version=__version__,
        locale=choices.locale,
        default_effect=choices.default_effect,
        backgrounds=backgrounds,
        base=choices.base,
        overlay=choices.templates,
        esbuild=find_esbuild(paths.node_modules()) if join else None,
    )
    progress("writing the report")
    plan = replace(plan, extra=report_files(built, runtime))
    progress("rendering the site")
    render_site(plan, site_dir, progress=progress)
    return BuildResult(site_dir, rendered=True, models=built)


def tell_of_large_files(files: Sequence[Path], progress: Progress) -> None:
    """Say which of the files some hosts refuse."""
    for file in files:
        size = file.stat().st_size
        if size > HOST_LIMIT:
            progress(
                f"{file.name} is {size / 2**20:.1f} MiB: hosts that take files of up to "
                f"{HOST_LIMIT // 2**20} MiB refuse it"
            )


def watched_paths(models: Sequence[str], choices: SiteChoices | None = None) -> tuple[Path, ...]:
    """Name the folders whose changes make the site out of date: templates, engine, recipes."""
    folders = {load_recipe(name).folder.resolve() for name in models or DEFAULT_MODELS}
    own = choices.folders if choices else ()
    return (paths.template_dir(), *sorted(folders), *own)


def _tune(recipes: Sequence[Recipe], progress: Progress, calibration: Path | None) -> None:
    from builder.reduced.measure import measure_calls
    from builder.site_plan import Runtime
    from builder.tune.race import tune

    wasm = Runtime.from_npm(paths.node_modules()).wasm
    for recipe in recipes:
        tune(recipe, progress)
        measure_calls(build_model(recipe, progress, calibration), wasm, progress)


def _site_model(model: BuiltModel, reduced: Collection[str]) -> "SiteModel":
    """Describe a model; ``reduced`` names those that run on the reduced runtime."""
    from builder.site_plan import RejectedVariant, SiteModel, SiteVariant

    recipe = model.recipe
    return SiteModel(
        name=recipe.name,
        title=recipe.title.model_dump(),
        licence=recipe.licence,
        homepage=recipe.homepage or "",
        origin=recipe.source.describe(),
        height=recipe.input.height,
        width=recipe.input.width,
        threshold=recipe.matte.threshold,
        ramp=recipe.matte.ramp,
        variants=tuple(
            SiteVariant(
                v.name,
                model.folder / f"{v.name}.onnx",
                v.max_abs_diff,
                v.mean_abs_diff,
                v.iou,
                *(*astuple(KINDS[v.name]), recipe.name in reduced and v.name == model.preferred),
            )
            for v in model.variants
        ),
        preferred=model.preferred,
        prefer=model.choice.order,
        golden=model.golden,
        rejected=tuple(
            RejectedVariant(v.name, v.reason or "", v.bytes, v.max_abs_diff, v.mean_abs_diff, v.iou)
            for v in model.rejected
        ),
    )


def _demo_media(progress: Progress) -> "DemoMedia":
    """Draw the demonstration clip, or take it out of the cache."""
    from builder.demo import DemoClip, write_poster, write_webm
    from builder.site_plan import DemoMedia

    folder = paths.cache_dir() / "demo" / _demo_key()
    if not folder.is_dir():
        progress("drawing the demonstration clip")
        clip = DemoClip(DEMO_WIDTH, DEMO_HEIGHT, DEMO_FPS, DEMO_SECONDS)
        with filling(folder) as new:
            write_webm(clip, new / "demo.webm")
            write_poster(clip, new / "demo.jpg", POSTER_FRAME)
    return DemoMedia(
        video=folder / "demo.webm",
        poster=folder / "demo.jpg",
        width=DEMO_WIDTH,
        height=DEMO_HEIGHT,
        frame_rate=DEMO_FPS,
        credit="Portrait of Eileen Collins: NASA, in the public domain.",
    )


def _demo_key() -> str:
    names = ("assets/portrait.png", "backgrounds.py", "demo.py")
    files = [path for name in names for path in files_of(paths.PACKAGE_DIR / name)]
    sizes = [DEMO_WIDTH, DEMO_HEIGHT, DEMO_FPS, DEMO_SECONDS, POSTER_FRAME]
    return hash_json([sizes, hash_files(files), *_versions(("av", "numpy", "pillow"))])[:16]


def _fingerprint(recipes: Sequence[Recipe], choices: SiteChoices, switches: list[Any]) -> str:
    """Hash all that a site is made from, cheaply: no model is read and no heavy package loaded."""
    trees = [paths.PACKAGE_DIR, paths.template_dir(), paths.DATA_DIR / "package-lock.json"]
    parts = [
        [recipe.model_dump_json() for recipe in recipes],
        [_tuning_state(recipe) for recipe in recipes],
        [_source_state(recipe) for recipe in recipes],
        [hash_files(files_of(tree)) for tree in trees],
        [choices.title, choices.default_effect, choices.locale, choices.base, choices.webgpu],
        switches,
        [_folder_state(folder) for folder in (choices.backgrounds, choices.templates)],
        _versions(
            (
                "av",
                "brotli",
                "jinja2",
                "matplotlib",
                "numpy",
                "onnx",
                "onnxruntime",
                "onnxsim",
                "tflite",
            )
        ),
    ]
    return hash_json(parts)


def _tuning_state(recipe: Recipe) -> list[str | None]:
    measured = read_tuning(recipe), read_calls(recipe)
    return [each.model_dump_json() if each else None for each in measured]


def _source_state(recipe: Recipe) -> list[int]:
    """A file of this machine may change under its recipe; the others carry their sha256."""
    path = recipe.folder / getattr(recipe.source, "path", "")
    files = [path, path.with_suffix(PARAMETERS)] if is_program(path) else [path]
    states = [file.stat() for file in files if file.is_file()]
    return [number for state in states for number in (state.st_size, state.st_mtime_ns)]


def _folder_state(folder: Path | None) -> list[list[str]]:
    """Hash a developer's own folder, wherever it lies: the same on every machine."""
    if folder is None:
        return []
    if not folder.is_dir():
        raise SiteError(f"{folder} is no folder; check the name")
    try:
        return [
            [path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()]
            for path in files_of(folder)
        ]
    except OSError as error:
        raise SiteError(f"cannot read {error.filename}: {error.strerror}; allow it") from error


def _versions(names: Sequence[str]) -> list[str]:
    from importlib.metadata import version

    return [version(name) for name in names]


def _built_fingerprint(site_dir: Path) -> str | None:
    try:
        found = json.loads((site_dir / "manifest.json").read_text("utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None
