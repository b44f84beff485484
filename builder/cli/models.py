"""The commands that look into a model file and convert it."""

from pathlib import Path

import click

from builder.cli.options import VARIANTS, calibration_option, write_text


@click.command()
@click.argument("source", metavar="NAME|FILE")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--recipe", "recipe_name", help="The recipe that says what FILE's input means.")
@click.option("--variant", type=click.Choice(VARIANTS), default="fp32",
              show_default=True)  # fmt: skip
@click.option("--quantized", type=click.Choice(("float", "qdq")),
              help="A quantised TFLite model: all in float32, or its integers kept [the recipe's].",
              )  # fmt: skip
@calibration_option
def convert(
    source: str,
    output: Path,
    recipe_name: str | None,
    variant: str,
    quantized: str | None,
    calibration: Path | None,
) -> None:
    """Write the ONNX model that keeps the contract: frame [1,3,H,W] in, alpha [1,1,H,W] out."""
    from builder import console
    from builder.convert import convert_to_file

    report = convert_to_file(
        source, output, recipe_name, variant, console.say, quantized, calibration
    )
    console.result_console.print(f"[bold]{output}[/bold] {report}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--recipe", "recipe_path", type=click.Path(path_type=Path),
              help="Save the recipe that follows here, as NAME.toml.")  # fmt: skip
def inspect(file: Path, as_json: bool, recipe_path: Path | None) -> None:
    """Say what a model file is, what it takes and answers, and which recipe follows."""
    import json

    from builder import console
    from builder.inspect import inspect_model
    from builder.inspect.report import advice_lines, findings_table

    with console.progress_bar("trying conventions") as advance:
        found = inspect_model(file, recipe_path, advance)
    if recipe_path and found.advice.recipe is not None:
        write_text(recipe_path, found.advice.recipe)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
        return
    console.result_console.print(console.facts_table(found.facts.to_json()))
    if found.probe is not None:
        console.result_console.print(findings_table(found.probe))
    for line in advice_lines(found.advice, recipe_path):
        console.result_console.print(line, soft_wrap=True, markup=False)
