"""The command line: every command tells of itself at once, and says what went wrong in one line."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from builder import __version__, cli, paths
from builder.cli import main

COMMANDS = sorted(main.commands)
HEAVY = (
    "av",
    "flask",
    "jinja2",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxsim",
    "PIL",
    "pydantic",
    "rich",
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refusal(*arguments: str | Path) -> str:
    """Run a command that must end with one line, after those of its progress, and exit code 1."""
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("·")]
    assert line.startswith("livematte: ")
    return line


def test_the_commands() -> None:
    wanted = {"build", "serve", "convert", "inspect", "predict", "evaluate"}
    assert wanted <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_a_line_in_the_readme(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert (main.commands[command].help or "").strip()
    readme = (paths.DATA_DIR / "README.md").read_text("utf-8")
    assert f"`livematte {command}" in readme


def test_help_loads_nothing_heavy() -> None:
    """Instant: what takes time to import is imported by the command that needs it."""
    code = (
        "import sys\nfrom builder.cli import main\n"
        "try: main(['predict', '--help'])\nexcept SystemExit: pass\n"
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=paths.DATA_DIR
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_version() -> None:
    assert run("--version").output == f"livematte, version {__version__}\n"


def test_the_effects_are_the_reference_s_own() -> None:
    from typing import get_args

    from builder.effects import EffectKind

    assert set(cli.EFFECTS) == set(get_args(EffectKind))


def test_an_unknown_model() -> None:
    assert 'did you mean "selfie"?' in refusal("build", "--model", "selfi")
    assert "recipes are" in refusal("predict", "a.png", "-o", "b.png", "--model", "zzz")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert "nowhere.jpg" in refusal("predict", tmp_path / "nowhere.jpg", "-o", out)
    assert "nowhere.onnx" in refusal("inspect", tmp_path / "nowhere.onnx")
    assert "nowhere.tflite" in refusal(
        "convert", tmp_path / "nowhere.tflite", "-o", tmp_path / "out.onnx"
    )
    assert not out.exists()


def test_a_file_that_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    text = tmp_path / "letter.jpg"
    text.write_text("Dear reader")
    assert "letter.jpg" in refusal("predict", text, "-o", tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_wrong_words_are_refused_by_click() -> None:
    for words in (
        ["predict", "a.png"],
        ["build", "--nonsense"],
        ["predict", "a", "-o", "b", "--effect", "sepia"],
        ["predict", "a", "-o", "b", "--threshold", "2"],
    ):
        result = run(*words)
        assert result.exit_code == 2
        assert "Error:" in result.stderr


def test_predict_evaluate_convert_inspect_on_the_real_model(tmp_path: Path) -> None:
    """The commands end to end, on the portrait that the package carries."""
    import json

    import numpy as np
    from PIL import Image

    from builder.demo import DemoClip

    rgb, alpha = DemoClip(320, 180, 10, 1).frame(0)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.fromarray(rgb).save(tmp_path / "images" / "a.png")
    Image.fromarray((alpha * 255).astype(np.uint8)).save(tmp_path / "masks" / "a.png")

    done = run(
        "predict", tmp_path / "images/a.png", "-o", tmp_path / "mask.png", "--effect", "mask"
    )
    assert done.exit_code == 0, done.output
    found = np.asarray(Image.open(tmp_path / "mask.png")).astype(np.float32) / 255
    assert found.shape == (180, 320)
    both = ((found > 0.5) & (alpha > 0.5)).sum() / ((found > 0.5) | (alpha > 0.5)).sum()
    assert both > 0.9

    done = run("evaluate", "--roi", "--images", tmp_path / "images", "--masks", tmp_path / "masks",
               "--json", tmp_path / "figures.json")  # fmt: skip
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["iouPerson"] == pytest.approx(both, abs=0.002)  # mask.png has 8 bits only
    error = figures["boundaryError"]
    for words in (["--no-roi"], ["--roi", "--ramp"]):
        done = run("evaluate", *words, "--images", tmp_path / "images", "--masks",
                   tmp_path / "masks", "--json", tmp_path / "figures.json")  # fmt: skip
        assert done.exit_code == 0, done.output
        other = json.loads((tmp_path / "figures.json").read_text())["boundaryError"]
        assert abs(other - error) > 0.002
    for words, roi in (["--refine"], True), (["--refine", "--no-roi"], False):
        done = run("evaluate", *words, "--images", tmp_path / "images", "--masks",
                   tmp_path / "masks", "--json", tmp_path / "refined.json")  # fmt: skip
        assert done.exit_code == 0, done.output
        refined = json.loads((tmp_path / "refined.json").read_text())
        assert (refined["roi"], refined["ramp"]) == (roi, True)
        assert (refined["boundaryError"] == other) == roi

    done = run("predict", tmp_path / "images/a.png", "-o", tmp_path / "whole.png",
               "--effect", "mask", "--no-roi", "--steadiness", "0")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert (tmp_path / "whole.png").read_bytes() != (tmp_path / "mask.png").read_bytes()

    done = run("predict", tmp_path / "images/a.png", "-o", tmp_path / "shaped.png",
               "--effect", "mask", "--islands", "largest")  # fmt: skip
    assert done.exit_code == 0, done.output
    shaped = np.asarray(Image.open(tmp_path / "shaped.png")).astype(np.float32) / 255
    assert shaped.sum() < found.sum()
    np.testing.assert_array_equal(shaped > 0.95, found > 0.95)

    done = run("convert", "selfie-landscape", "-o", tmp_path / "out.onnx", "--variant", "fp16")
    assert done.exit_code == 0, done.output
    done = run("inspect", tmp_path / "out.onnx", "--json")
    facts = json.loads(done.output)
    assert facts["keepsContract"]
    assert facts["inputs"] == [
        {"name": "frame", "dtype": "float32", "shape": [1, 3, 144, 256], "layout": "NCHW",
         "quantized": None}
    ]  # fmt: skip


def test_errors_of_the_project_keep_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    from builder.errors import RecipeError

    @main.command("fail")
    def fail() -> None:
        raise RecipeError("a.toml", ["x: missing", "y: missing"])

    try:
        result = run("fail")
    finally:
        del main.commands["fail"]
    assert isinstance(fail, click.Command)
    assert result.exit_code == 1
    assert result.stderr == "livematte: a.toml: 2 mistakes\n  x: missing\n  y: missing\n"
