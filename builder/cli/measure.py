"""The commands that measure: the matte, and the page."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.cli.looks import looks_options
from builder.cli.options import EFFECTS, model_option, segmenter, write_text

if TYPE_CHECKING:
    from builder.looks import Looks
    from builder.predict import Segmenter


def _refine(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Turn on what is not named on the command line."""
    if value:
        context.default_map = {**(context.default_map or {}), "roi": True, "ramp": True}


@click.command()
@model_option
@click.option("--images", "images_dir", required=True, type=click.Path(path_type=Path))
@click.option("--masks", "masks_dir", required=True, type=click.Path(path_type=Path))
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here."
)
@click.option("--refine", is_flag=True, is_eager=True, expose_value=False, callback=_refine,
              help="As the page shows a source's first frame: --roi and --ramp.")  # fmt: skip
@click.option("--roi/--no-roi", default=False, help="Look again at the person's region [no].")
@click.option("--ramp/--no-ramp", default=False, help="Measure with the recipe's ramp [no].")
@click.option("--html", "html_path", type=click.Path(path_type=Path),
              help="Write a page with the figures and the worst pictures here.")  # fmt: skip
@click.option("--frames", "is_clip", is_flag=True,
              help="The pictures are consecutive frames: measure what flickers too.")  # fmt: skip
@looks_options("shrink", "softness", "islands")
def evaluate(
    model: str,
    images_dir: Path,
    masks_dir: Path,
    json_path: Path | None,
    html_path: Path | None,
    is_clip: bool,
    ramp: bool,
    looks: "Looks",
) -> None:
    """Measure the matte on folders of pictures and masks, paired by stem."""
    import json

    from builder import console
    from builder.convert import recipe_for
    from builder.evaluate.folders import evaluate_folders
    from builder.evaluate.frames import evaluate_frames

    recipe = recipe_for(model)
    model_segmenter = segmenter(recipe)
    with console.progress_bar("evaluating") as advance:
        result = (evaluate_frames if is_clip else evaluate_folders)(
            model_segmenter,
            images_dir,
            masks_dir,
            ramp=recipe.matte.ramp if ramp else None,
            looks=looks,
            progress=advance,
        )
    said = {"roi": looks.region, "ramp": ramp, "shrink": looks.shrink, "softness": looks.softness}
    facts = {"model": recipe.name, **said, "islands": looks.islands, **result.to_json()}
    if json_path:
        write_text(json_path, json.dumps(facts, indent=2) + "\n")
    if html_path:
        _write_worst(html_path, facts, (images_dir, masks_dir), model_segmenter, looks)
    console.result_console.print(console.evaluation_table(facts))


def _write_worst(
    path: Path,
    facts: "dict[str, Any]",
    folders: tuple[Path, Path],
    model_segmenter: "Segmenter",
    looks: "Looks",
) -> None:
    from builder.evaluate.folders import pair_by_stem
    from builder.evaluate.report import render_evaluation
    from builder.tracker import Tracker

    pairs = {image.name: (image, mask) for image, mask in pair_by_stem(*folders)[0]}
    page = render_evaluation(
        facts, pairs, lambda rgb: Tracker.with_looks(model_segmenter, looks).alpha(rgb)
    )
    write_text(path, page)


@click.command()
@click.option("--json", "json_path", type=click.Path(path_type=Path),
              help="Write the figures here.")  # fmt: skip
@click.option("--html", "html_path", type=click.Path(path_type=Path),
              help="Write a report with plots here.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=1), default=10, show_default=True,
              help="How long each run takes.")  # fmt: skip
@click.option("--visit", type=click.FloatRange(min=0), default=30, show_default=True,
              help="Seconds that the first visit lasts before the second one.")  # fmt: skip
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
    visit: float,
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
        effect=effect, peers=peers, site=site_dir, visit_seconds=visit,
    )  # fmt: skip
    result = run_bench(options, console.say)
    if json_path:
        write_text(json_path, json.dumps(result, indent=2) + "\n")
    if html_path:
        write_text(html_path, render_report(result))
    console.result_console.print(*bench_tables(result), sep="\n")


@click.command()
@model_option
@click.option("--images", "images_dir", required=True, type=click.Path(path_type=Path))
@click.option("--backend", type=click.Choice(("wasm", "webgpu")), default="wasm",
              show_default=True)  # fmt: skip
@click.option("--json", "json_path", type=click.Path(path_type=Path),
              help="Write the figures here.")  # fmt: skip
@click.option("--site", "site_dir", type=click.Path(path_type=Path),
              help="Check this site as it is [one is built].")  # fmt: skip
def check(
    model: str, images_dir: Path, backend: str, json_path: Path | None, site_dir: Path | None
) -> None:
    """Compare the built page, in a headless Chromium, with the Python reference."""
    import json

    from builder import console
    from builder.build import build_site
    from builder.check import check_site
    from builder.errors import CheckError
    from builder.recipe import load_recipe

    recipe = load_recipe(model)
    site = site_dir or build_site((model,), None, progress=console.say).site_dir
    with console.progress_bar("checking") as advance:
        result = check_site(
            site, recipe.name, segmenter(recipe), images_dir, backend=backend, progress=advance
        )
    if json_path:
        write_text(json_path, json.dumps(result.to_json(), indent=2) + "\n")
    console.result_console.print(console.check_table(result))
    if result.wrong:
        raise CheckError(
            f"{len(result.wrong)} of {len(result.pictures)} pictures differ from the reference:"
            f" {', '.join(p.name for p in result.wrong[:5])}"
        )
