"""What a quantised TFLite model becomes: the recipe says it, or ``convert --quantized``."""

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from recipe_maker import make_recipe
from tflite_maker import Maker, Steps, conv_options

from builder import verify
from builder.cli import main
from builder.errors import RecipeError
from builder.pipeline import convert
from builder.portraits import calibration_frames
from builder.recipe import load_recipe

SIZE = (16, 24)
RECIPE = """
name = "bytes"
licence = "MIT"
format = "tflite"
quantized = "{}"
title = {{ en = "Bytes", zh = "字节" }}
source = {{ path = "bytes.tflite" }}
input = {{ width = 24, height = 16, layout = "NHWC" }}
output = {{ kind = "alpha" }}
"""


def network() -> bytes:
    """A 3×3 convolution and a sigmoid, in bytes from end to end; pixels 0..1, alpha 0..1."""
    maker, rng = Maker(), np.random.default_rng(0)
    pixels, unit = Steps((1 / 255,), (0,)), Steps((1 / 256,), (0,))
    x = maker.tensor(1, *SIZE, 3, dtype="uint8", steps=pixels)
    weights = maker.constant(
        rng.integers(0, 256, (1, 3, 3, 3)), "uint8", steps=Steps((0.01,), (128,))
    )
    bias = maker.constant(np.array([40]), "int32", steps=Steps((0.01 / 255,), (0,)))
    hidden = maker.tensor(1, *SIZE, 1, dtype="uint8", steps=Steps((0.06,), (128,)))
    alpha = maker.tensor(1, *SIZE, 1, dtype="uint8", steps=unit)
    maker.op("CONV_2D", [x, weights, bias], [hidden], conv_options("Conv2DOptions", "SAME"))
    maker.op("LOGISTIC", [hidden], [alpha])
    return maker.write([x], [alpha])


@pytest.fixture
def recipe_file(tmp_path):
    (tmp_path / "bytes.tflite").write_bytes(network())
    return tmp_path / "bytes.toml"


def ops(model):
    return {node.op_type for node in model.graph.node}


def test_the_recipe_chooses(recipe_file):
    made = {}
    for quantized in ("float", "qdq"):
        recipe_file.write_text(RECIPE.format(quantized), "utf-8")
        recipe = load_recipe(recipe_file)
        made[quantized] = convert(recipe, network())
    assert "QuantizeLinear" not in ops(made["float"])
    assert "QuantizeLinear" in ops(made["qdq"])
    frames = calibration_frames(*SIZE, 4)
    both = verify.compare(made["float"], made["qdq"], frames)
    # Rounding to steps of 0.06 before the sigmoid, whose slope is at most 1/4.
    assert 0 < both.max_abs_diff < 0.03


def test_the_command_chooses_over_the_recipe(recipe_file):
    recipe_file.write_text(RECIPE.format("float"), "utf-8")
    output = recipe_file.with_name("out.onnx")
    for words, kept in (([], False), (["--quantized", "qdq"], True)):
        done = CliRunner().invoke(main, ["convert", str(recipe_file), "-o", str(output), *words])
        assert done.exit_code == 0, done.output
        assert ("QuantizeLinear" in ops(onnx.load(output))) is kept


def test_without_a_word_all_is_float():
    assert make_recipe().quantized == "float"


def test_another_word_is_refused(recipe_file):
    recipe_file.write_text(RECIPE.format("int4"), "utf-8")
    with pytest.raises(RecipeError, match='"float" or, its integers kept, "qdq"'):
        load_recipe(recipe_file)
