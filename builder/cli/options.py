"""What several commands share: options, and small steps."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from builder.predict import Segmenter
    from builder.recipe import Recipe

EFFECTS = ("cutout", "overlay", "color", "blur", "image", "mask")
DEFAULT_MODEL = "selfie-landscape"

site_option = click.option(
    "--site", "site_dir", type=click.Path(path_type=Path), help="The site's folder [site/]."
)
models_option = click.option(
    "--model", "models", multiple=True, metavar="NAME",
    help="A recipe's name or file; the first is the page's default. Repeatable.",
)  # fmt: skip
model_option = click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, metavar="NAME",
    help="A recipe's name or file.",
)  # fmt: skip


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    from builder.media import atomic_output

    with atomic_output(path) as scratch:
        scratch.write_text(text, "utf-8")


def segmenter(recipe: "Recipe") -> "Segmenter":
    """Build a recipe's model, and run it in fp32."""
    from builder import console
    from builder.pipeline import build_model
    from builder.predict import Segmenter

    return Segmenter(build_model(recipe, console.say).data("fp32"))
