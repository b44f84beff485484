"""The command line: parses and prints, nothing else.

Every import that costs time lives inside the command that needs it, so that ``--help`` is instant.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder import __version__, progress
from builder.errors import LivematteError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from builder.predict import Segmenter
    from builder.recipe import Recipe

EFFECTS = ("cutout", "overlay", "color", "blur", "image", "mask")
DEFAULT_MODEL = "selfie-landscape"


class _Commands(click.Group):
    """Prints the project's own errors as they stand, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LivematteError as error:
            click.echo(f"livematte: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="livematte")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens in detail.")
def main(verbose: bool) -> None:
    """Turn a portrait-segmentation model into a web page that mattes live video."""
    import logging

    shown = progress.byte_bar.set(_byte_bar)
    click.get_current_context().call_on_close(lambda: progress.byte_bar.reset(shown))

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s"
    )


def _byte_bar(what: str) -> "AbstractContextManager[progress.Advance]":
    from builder import console

    return console.byte_bar(what)


_site_option = click.option(
    "--site", "site_dir", type=click.Path(path_type=Path), help="The site's folder [site/]."
)
_models_option = click.option(
    "--model", "models", multiple=True, metavar="NAME",
    help="A recipe's name or file; the first is the page's default. Repeatable.",
)  # fmt: skip
_model_option = click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, metavar="NAME",
    help="A recipe's name or file.",
)  # fmt: skip


@main.command()
@_site_option
@_models_option
@click.option("--force", is_flag=True, help="Render the site even when nothing has changed.")
@click.option("--tune", "tuned", is_flag=True,
              help="First measure in a headless browser which rewrites make each model faster, and "
              "store them beside its recipe.")  # fmt: skip
def build(site_dir: Path | None, models: tuple[str, ...], force: bool, tuned: bool) -> None:
    """Build the static site: convert, verify and quantize the models, render the pages."""
    from builder import console
    from builder.build import build_site

    result = build_site(models, site_dir, force=force, tuned=tuned, progress=console.say)
    if result.models:
        console.result_console.print(console.variants_table(result.models))
    state = "is ready" if result.rendered else "is up to date"
    console.result_console.print(f"[bold]{result.site_dir}[/bold] {state}")


@main.command()
@_site_option
@_models_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--watch/--no-watch", default=True, help="Rebuild and reload on a change [yes].")
def serve(
    site_dir: Path | None, models: tuple[str, ...], host: str, port: int, watch: bool
) -> None:
    """Build the site if it is out of date, then serve it on this machine."""
    from builder import console
    from builder.build import build_site, watched_paths
    from builder.serve import serve as run_server

    def rebuild() -> None:
        build_site(models, site_dir, progress=console.say)

    result = build_site(models, site_dir, progress=console.say)
    run_server(
        result.site_dir,
        host=host,
        port=port,
        rebuild=rebuild if watch else None,
        watch=watched_paths(models) if watch else (),
        on_ready=lambda url: console.result_console.print(
            f"[bold green]Livematte[/] is on [bold]{url}[/]"
        ),
    )


@main.command()
@click.argument("source", metavar="NAME|FILE")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--recipe", "recipe_name", help="The recipe that says what FILE's input means.")
@click.option("--variant", type=click.Choice(("fp32", "fp16", "int8")), default="fp32",
              show_default=True)  # fmt: skip
def convert(source: str, output: Path, recipe_name: str | None, variant: str) -> None:
    """Write the ONNX model that keeps the contract: frame [1,3,H,W] in, alpha [1,1,H,W] out."""
    from builder import console
    from builder.convert import convert_to_file

    report = convert_to_file(source, output, recipe_name, variant, progress=console.say)
    console.result_console.print(f"[bold]{output}[/bold] {report}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """Say what a model file is: inputs, outputs, ops, parameters, size."""
    import json

    from builder import console
    from builder.inspect import inspect_file

    facts = inspect_file(file)
    if as_json:
        click.echo(json.dumps(facts.to_json(), indent=2))
    else:
        console.result_console.print(console.facts_table(facts.to_json()))


@main.command()
@click.argument("source", metavar="IMAGE|VIDEO|CAMERA_INDEX")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@_model_option
@click.option("--effect", type=click.Choice(EFFECTS), default="cutout", show_default=True)
@click.option("--threshold", type=click.FloatRange(0, 1), help="The alpha from which a pixel is "
              "person [the recipe's].")  # fmt: skip
@click.option("--color", help="#rrggbb for the effects color and overlay.")
@click.option("--image", "image_path", type=click.Path(path_type=Path),
              help="The background picture of the effect image.")  # fmt: skip
@click.option("--strength", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="How strong the effect blur is.")  # fmt: skip
@click.option("--roi/--no-roi", default=True, help="Look closer at the person's region [yes].")
@click.option("--smooth/--no-smooth", default=True, help="Blend a video's mattes over time [yes].")
@click.option("--shape", "shapes", multiple=True, type=click.Choice(("clean", "largest")),
              help="Remove islands: far from sure person, or not of the largest part. Repeatable.",
              )  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True),
              help="How long to record from a camera [until Ctrl-C].")  # fmt: skip
def predict(
    source: str,
    output: Path,
    model: str,
    effect: str,
    threshold: float | None,
    color: str | None,
    image_path: Path | None,
    strength: float,
    roi: bool,
    smooth: bool,
    shapes: tuple[str, ...],
    seconds: float | None,
) -> None:
    """Matte a picture, a video or a camera: the Python reference of a frame's way."""
    from builder import console, shape
    from builder.effects import Effect, parse_color
    from builder.media import read_picture
    from builder.predict import predict_file
    from builder.recipe import load_recipe
    from builder.tracker import Tracker

    recipe = load_recipe(model)
    chosen = Effect(
        effect,  # type: ignore[arg-type]  # click has checked it
        color=parse_color(color) if color else None,
        strength=strength,
        image=read_picture(image_path) if image_path else None,
    )
    stages = [shape.STAGES[name] for name in shapes]
    tracker = Tracker(_segmenter(recipe), roi=roi, smooth=smooth, stages=stages)
    with console.progress_bar("matting") as advance:
        done = predict_file(
            source,
            output,
            tracker,
            chosen,
            threshold=recipe.matte.threshold if threshold is None else threshold,
            ramp=recipe.matte.ramp,
            progress=advance,
            max_seconds=seconds,
        )
    frames = f", {done.frames} frames" if done.kind == "video" else ""
    console.result_console.print(f"[bold]{done.output}[/bold] {done.width}×{done.height}{frames}")


@main.command()
@_model_option
@click.option("--images", "images_dir", required=True, type=click.Path(path_type=Path))
@click.option("--masks", "masks_dir", required=True, type=click.Path(path_type=Path))
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here."
)
@click.option("--roi/--no-roi", default=False, help="Look again at the person's region [no].")
@click.option("--ramp/--no-ramp", default=False, help="Measure with the recipe's ramp [no].")
def evaluate(
    model: str, images_dir: Path, masks_dir: Path, json_path: Path | None, roi: bool, ramp: bool
) -> None:
    """Measure the matte on folders of pictures and masks, paired by stem."""
    import json

    from builder import console
    from builder.evaluate import evaluate_folders
    from builder.recipe import load_recipe

    recipe = load_recipe(model)
    segmenter = _segmenter(recipe)
    with console.progress_bar("evaluating") as advance:
        result = evaluate_folders(
            segmenter,
            images_dir,
            masks_dir,
            ramp=recipe.matte.ramp if ramp else None,
            roi=roi,
            progress=advance,
        )
    facts = {"model": recipe.name, "roi": roi, "ramp": ramp, **result.to_json()}
    if json_path:
        _write(json_path, json.dumps(facts, indent=2) + "\n")
    console.result_console.print(console.evaluation_table(facts))


@main.command()
@click.option("--json", "json_path", type=click.Path(path_type=Path),
              help="Write the figures here.")  # fmt: skip
@click.option("--html", "html_path", type=click.Path(path_type=Path),
              help="Write a report with plots here.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=1), default=10, show_default=True,
              help="How long each run takes.")  # fmt: skip
@click.option("--model", metavar="NAME", help="A recipe's name or file [the site's default].")
@click.option("--backend", type=click.Choice(("auto", "wasm", "webgpu")), default="auto",
              show_default=True, help="Refused when the page runs on another.")  # fmt: skip
@click.option("--size", default="1280x720", show_default=True, metavar="WxH",
              help="The camera's picture.")  # fmt: skip
@click.option("--effect", type=click.Choice(EFFECTS), default="blur", show_default=True)
@click.option("--peers", is_flag=True, help="Measure LiteRT.js and tasks-vision too.")
@click.option("--site", "site_dir", type=click.Path(path_type=Path),
              help="Measure this site as it is [one is built].")  # fmt: skip
def bench(
    json_path: Path | None,
    html_path: Path | None,
    seconds: float,
    model: str | None,
    backend: str,
    size: str,
    effect: str,
    peers: bool,
    site_dir: Path | None,
) -> None:
    """Measure the built page in a headless Chromium whose camera plays a clip."""
    import json

    from builder import console
    from builder.bench import BenchOptions, run_bench
    from builder.bench_report import bench_tables, parse_size, render_report

    width, height = parse_size(size)
    options = BenchOptions(
        seconds=seconds, model=model, backend=backend, width=width, height=height,
        effect=effect, peers=peers, site=site_dir,
    )  # fmt: skip
    result = run_bench(options, console.say)
    if json_path:
        _write(json_path, json.dumps(result, indent=2) + "\n")
    if html_path:
        _write(html_path, render_report(result))
    console.result_console.print(*bench_tables(result), sep="\n")


def _write(path: Path, text: str) -> None:
    from builder.media import atomic_output

    with atomic_output(path) as scratch:
        scratch.write_text(text, "utf-8")


def _segmenter(recipe: "Recipe") -> "Segmenter":
    from builder import console
    from builder.pipeline import build_model
    from builder.predict import Segmenter

    return Segmenter(build_model(recipe, console.say).data("fp32"))
