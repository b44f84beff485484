"""The command line: parses and prints, nothing else.

Every import that costs time lives inside the command that needs it, so that ``--help`` is instant.
"""

from typing import TYPE_CHECKING, Any

import click

from builder import __version__, progress
from builder.cli.measure import bench, check, evaluate
from builder.cli.models import convert, inspect
from builder.cli.options import EFFECTS
from builder.cli.picture import predict
from builder.cli.site import build, serve
from builder.errors import LivematteError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["EFFECTS", "main"]


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


for command in (build, serve, convert, inspect, predict, evaluate, check, bench):
    main.add_command(command)
