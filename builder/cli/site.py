"""The commands that make the site and serve it."""

from pathlib import Path

import click

from builder.cli.options import calibration_option, models_option, own_site_options, site_option
from builder.site_choices import SiteChoices


@click.command()
@site_option
@models_option
@own_site_options
@click.option("--force", is_flag=True, help="Render the site even when nothing has changed.")
@click.option("--tune", "tuned", is_flag=True,
              help="First measure in a headless browser which rewrites make each model faster and "
              "what it calls of the runtime, and store both beside its recipe.")  # fmt: skip
@calibration_option
def build(
    site_dir: Path | None,
    models: tuple[str, ...],
    choices: SiteChoices,
    force: bool,
    tuned: bool,
    calibration: Path | None,
) -> None:
    """Build the static site: convert, verify and quantize the models, render the pages."""
    from builder import console
    from builder.build import build_site

    result = build_site(
        models, site_dir, force=force, tuned=tuned, choices=choices, calibration=calibration,
        progress=console.say,
    )  # fmt: skip
    if result.models:
        console.result_console.print(console.variants_table(result.models))
    state = "is ready" if result.rendered else "is up to date"
    console.result_console.print(f"[bold]{result.site_dir}[/bold] {state}")


@click.command()
@site_option
@models_option
@own_site_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--watch/--no-watch", default=True, help="Rebuild and reload on a change [yes].")
def serve(
    site_dir: Path | None,
    models: tuple[str, ...],
    choices: SiteChoices,
    host: str,
    port: int,
    watch: bool,
) -> None:
    """Build the site if it is out of date, then serve it on this machine.

    Its modules stay apart, as they are written.
    """
    from builder import console
    from builder.build import build_site, watched_paths
    from builder.serve import serve as run_server

    def rebuild() -> None:
        build_site(models, site_dir, choices=choices, join=False, progress=console.say)

    result = build_site(models, site_dir, choices=choices, join=False, progress=console.say)
    run_server(
        result.site_dir,
        host=host,
        port=port,
        rebuild=rebuild if watch else None,
        watch=watched_paths(models, choices) if watch else (),
        on_ready=lambda url: console.result_console.print(
            f"[bold green]Livematte[/] is on [bold]{url}[/]"
        ),
    )
