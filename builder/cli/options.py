"""What several commands share: options, and small steps."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.site_choices import FIRST_EFFECTS, WEBGPU_BUILDS, SiteChoices

if TYPE_CHECKING:
    from builder.predict import Segmenter
    from builder.recipe import Recipe

EFFECTS = ("cutout", "overlay", "color", "blur", "image", "mask")
DEFAULT_MODEL = "selfie-landscape"
VARIANTS = ("fp32", "fp16", "optimized", "int8-weights", "fp16-compute", "int8")


def _names(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> Any:
    """Split what is given as one word: ``a,b`` is ``a`` and ``b``."""
    return tuple(name.strip() for each in given for name in each.split(",") if name.strip())


def own_site_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that make a site one's own; the command gets them as one ``choices``."""

    @wraps(command)
    def with_choices(**given: Any) -> None:
        names = [field.name for field in fields(SiteChoices)]
        own = {name: given.pop(name) for name in names}
        chosen = {name: value for name, value in own.items() if value is not None}
        command(choices=SiteChoices(**chosen), **given)

    for option in reversed(_OWN_SITE):
        with_choices = option(with_choices)
    return with_choices


_OWN_SITE = (
    click.option("--title", metavar="TEXT", help="The site's name [Livematte]."),
    click.option("--default-effect", type=click.Choice(FIRST_EFFECTS),
                 help="What a first visit shows [image]."),
    click.option("--background", "backgrounds", type=click.Path(path_type=Path), metavar="DIR",
                 help="Put this folder's pictures into the site, the first one in front."),
    click.option("--locale", metavar="LANGUAGE",
                 help="For visitors whose browser names no language that the page speaks [en]."),
    click.option("--base", metavar="URL",
                 help="Where the site will be, for search engines and link previews."),
    click.option("--templates", type=click.Path(path_type=Path), metavar="DIR",
                 help="Files that take the place of those of the same path in web_template/."),
    click.option("--webgpu", type=click.Choice(WEBGPU_BUILDS),
                 help="The WebGPU runtime: for browsers that have JSPI; for the others too, a file "
                 "of more than 25 MiB; or none [jspi]."),
)  # fmt: skip

site_option = click.option(
    "--site", "site_dir", type=click.Path(path_type=Path), help="The site's folder [site/]."
)
models_option = click.option(
    "--model", "--models", "models", multiple=True, metavar="NAME[,NAME…]", callback=_names,
    help="A recipe's name or file; the page begins with the first. Repeatable.",
)  # fmt: skip
model_option = click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, metavar="NAME",
    help="A recipe's name or file.",
)  # fmt: skip


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    from builder.errors import MediaError
    from builder.media import atomic_output

    try:
        with atomic_output(path) as scratch:
            scratch.write_text(text, "utf-8")
    except OSError as error:  # a full disk
        raise MediaError(f"{path}: cannot be written: {error.strerror}; free some space") from error


calibration_option = click.option(
    "--calibration", type=click.Path(path_type=Path), metavar="DIR",
    help="Pictures to calibrate int8 on [built-in portraits].",
)  # fmt: skip


def segmenter(recipe: "Recipe") -> "Segmenter":
    """Build a recipe's model, and run it in fp32."""
    from builder import console
    from builder.pipeline import build_model
    from builder.predict import Segmenter

    return Segmenter(build_model(recipe, console.say).data("fp32"))
