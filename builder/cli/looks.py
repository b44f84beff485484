"""The options that say how a matte is made and drawn."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

_LOOKS = {
    "shrink": click.option("--shrink", type=float, metavar="-1…1", default=0.0,
                           help="Move the matte's edge into the person, or out of it [0]."),
    "softness": click.option("--softness", type=float, metavar="0…1", default=0.5,
                             help="How wide the edge is; 0.5 is the model's own [0.5]."),
    "spill": click.option("--spill", type=float, metavar="0…1", default=0.0,
                          help="Take the old background's colour out of the edge [0]."),
    "light_wrap": click.option("--light-wrap", type=float, metavar="0…1", default=0.0,
                               help="Lap the light of color and image over the edge [0]."),
    "brightness": click.option("--brightness", type=float, metavar="-1…1", default=0.0,
                               help="Brighten the person, or darken [0]."),
    "steadiness": click.option("--steadiness", type=float, metavar="0…1", default=1.0,
                               help="How much to blend a video's mattes over time [1]."),
    "flow": click.option("--flow/--no-flow", default=False,
                         help="Move what is blended over time as the picture has [no]."),
    "islands": click.option("--islands", type=click.Choice(("clean", "largest")), default=None,
                            help="Remove what is far from any sure person, or all but the largest "
                            "person too."),
}  # fmt: skip


def looks_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add options of ``builder.looks``; the command gets them, and --roi, as one ``looks``."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_looks(*, roi: bool, **given: Any) -> None:
            from builder.looks import Looks

            own = {name: given.pop(name) for name in names}
            own["islands"] = {None: False, "clean": True}.get(own["islands"], own["islands"])
            command(looks=Looks(region=roi, **own), **given)

        for name in reversed(names):
            with_looks = _LOOKS[name](with_looks)
        return with_looks

    return add
