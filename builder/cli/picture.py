"""The command that mattes pictures, videos and cameras."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.cli.looks import looks_options
from builder.cli.options import EFFECTS, model_option, segmenter

if TYPE_CHECKING:
    from builder.looks import Looks


@click.command()
@click.argument("source", metavar="IMAGE|VIDEO|CAMERA_INDEX")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@model_option
@click.option("--effect", type=click.Choice(EFFECTS), default="cutout", show_default=True)
@click.option("--threshold", type=click.FloatRange(0, 1), help="The alpha from which a pixel is "
              "person [the recipe's].")  # fmt: skip
@click.option("--color", help="#rrggbb for the effects color and overlay.")
@click.option("--image", "image_path", type=click.Path(path_type=Path),
              help="The background picture of the effect image.")  # fmt: skip
@click.option("--strength", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="How strong the effect blur is.")  # fmt: skip
@click.option("--roi/--no-roi", default=True, help="Look closer at the person's region [yes].")
@looks_options(
    "shrink", "softness", "spill", "light_wrap", "brightness", "steadiness", "flow", "islands"
)
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
    looks: "Looks",
    seconds: float | None,
) -> None:
    """Matte a picture, a video or a camera: the Python reference of a frame's way."""
    from builder import console
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
    tracker = Tracker.with_looks(segmenter(recipe), looks)
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
