"""Strangers' files, damaged: a few with fixed seeds here, many by ``make fuzz``."""

import os

import pytest
from fuzzing import Target, damaged, run_cases, targets
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.errors import ModelImportError, RecipeError
from builder.importers import import_model
from builder.recipe import load_recipe

NAMES = ("tflite", "tflite-uint8", "tflite-uint8-qdq", "onnx", "paddle", "recipe", "recipe")
# Cases of each target; `make fuzz` sets it, so that all together are 21,000 and more.
CASES = int(os.environ.get("LIVEMATTE_FUZZ", "60"))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(len(NAMES)), ids=lambda number: NAMES[number])
def test_damaged_files_end_in_an_error_of_our_own(number, tmp_path):
    target = targets(tmp_path)[number]
    assert target.name == NAMES[number]
    target.read(target.good)
    accepted = run_cases(target, 0, CASES)
    assert accepted < CASES  # else nothing was damaged


@settings(max_examples=max(20, CASES // 10), deadline=None)
@given(st.binary(max_size=300))
@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_bytes_of_any_kind_are_refused(kind, data):
    head = b"\x1c\x00\x00\x00TFL3" if kind == "tflite" else b""
    with pytest.raises(ModelImportError) as caught:
        import_model(head + data, kind, "case")
    assert "\n" not in str(caught.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
KEYS = ("name", "licence", "format", "title", "source", "input", "output", "state", "constant",
        "published", "matte", "quantized", "homepage", "folder")  # fmt: skip


@settings(max_examples=max(60, CASES // 10), deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_a_recipe_of_any_values_is_refused(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("any") / "any.toml"
    path.write_text("\n".join(f"{key} = {toml(value)}" for key, value in values.items()), "utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert caught.value.problems


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, (int, float)):
        return repr(value)
    letters = (f"\\U{ord(c):08x}" for c in str(value) if not 0xD800 <= ord(c) < 0xE000)
    return '"' + "".join(letters) + '"'


def test_the_harness_notices_what_it_is_for(tmp_path):
    """An error that is not ours, one on two lines, and a file that is read whatever it holds."""

    def foreign(_):
        raise KeyError("x")

    def wordy(_):
        raise ModelImportError("a\nb")

    for read in (foreign, wordy):
        with pytest.raises(AssertionError, match="case, seed 0"):
            run_cases(Target("case", b"good", read), 0, 1)
    target = Target("case", b"good bytes", lambda data: data)
    assert run_cases(target, 0, 5) == 5
    assert len({damaged(target, seed) for seed in range(50)}) > 30
    assert damaged(target, 7) == damaged(target, 7)
