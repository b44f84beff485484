"""Recipes: the ones that come with the project, and every kind of mistake in one."""

from pathlib import Path

import pytest

from builder.errors import RecipeError
from builder.recipe import NpmSource, PathSource, UrlSource, all_recipes, load_recipe

GOOD = """
name = "mine"
licence = "MIT"
format = "onnx"
title = { en = "Mine", zh = "我的" }
source = { path = "mine.onnx" }
input = { width = 256, height = 144, layout = "NCHW" }
output = { kind = "alpha" }
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(folder, text))
    return caught.value.problems


def test_the_recipes_that_come_with_the_project() -> None:
    recipes = {recipe.name: recipe for recipe in all_recipes()}
    wide, square = recipes["selfie-landscape"], recipes["selfie"]
    assert (wide.input.height, wide.input.width) == (144, 256)
    assert (square.input.height, square.input.width) == (256, 256)
    for recipe in (wide, square):
        assert isinstance(recipe.source, NpmSource)
        assert recipe.format == "tflite"
        assert recipe.title.en
        assert any("\u4e00" <= char <= "\u9fff" for char in recipe.title.zh)


def test_defaults_and_folder(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD))
    assert recipe.folder == tmp_path
    assert recipe.input.mean == (0.0, 0.0, 0.0)
    assert recipe.matte.threshold == 0.5
    assert isinstance(recipe.source, PathSource)


def test_whole_numbers_are_numbers(tmp_path: Path) -> None:
    text = GOOD.replace('"NCHW"', '"NCHW", mean = [0, 0, 0], std = [1, 1, 1]')
    assert load_recipe(write(tmp_path, text)).input.std == (1.0, 1.0, 1.0)


def test_url_source(tmp_path: Path) -> None:
    text = GOOD.replace(
        'path = "mine.onnx"', f'url = "https://example.org/a", sha256 = "{"0" * 64}"'
    )
    assert isinstance(load_recipe(write(tmp_path, text)).source, UrlSource)


def test_all_mistakes_at_once_with_key_and_remedy(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
        name = "Not a name"
        licens = "MIT"
        format = "pb"
        title = { en = "Mine" }
        source = { npm = "@a/b", version = "1", sha = "3" }
        input = { width = 3.5, height = -4, layout = "NHWC", std = [0, 1, 1] }
        output = { kind = "depth" }
        matte = { ramp = [0.8, 0.2], thresh = 3 }
        """,
    )
    by_key = {line.split(":")[0]: line for line in found}
    assert set(by_key) == {
        "name", "licence", "licens", "format", "title.zh", "source.version", "source.file",
        "source.sha256", "source.sha", "input.width", "input.height", "input.std", "output.kind",
        "matte.ramp", "matte.thresh",
    }  # fmt: skip
    assert 'did you mean "licence"?' in by_key["licens"]
    assert "missing (right is: the file's sha256" in by_key["source.sha256"]
    assert "16 to 4096" in by_key["input.height"]
    assert '"tflite", "onnx" or "paddle"' in by_key["format"]
    assert "first number below the second" in by_key["matte.ramp"]


@pytest.mark.parametrize(
    ("replace", "by", "key"),
    [
        ('source = { path = "mine.onnx" }', "", "source"),
        ('source = { path = "mine.onnx" }', "source = {}", "source"),
        ('source = { path = "mine.onnx" }', 'source = "mine.onnx"', "source"),
        ('kind = "alpha"', "kind = 1", "output.kind"),
        ("width = 256", 'width = "256"', "input.width"),
        ("width = 256", "width = 1000000", "input.width"),
        ('layout = "NCHW"', 'layout = "NCHW", mean = [0, 0]', "input.mean"),
        ('name = "mine"', 'name = "other"', "name"),
        ('name = "mine"', 'name = "mine"\nfolder = "/"', "folder"),
    ],
)
def test_single_mistakes_name_their_key(tmp_path: Path, replace: str, by: str, key: str) -> None:
    assert replace in GOOD
    found = problems(tmp_path, GOOD.replace(replace, by))
    assert [line.split(":")[0].split(".")[: key.count(".") + 1] for line in found] == [
        key.split(".")
    ]


def test_no_toml(tmp_path: Path) -> None:
    assert "not a TOML file" in problems(tmp_path, "[title")[0]
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="not a TOML file"):
        load_recipe(tmp_path / "binary.toml")


def test_missing_file_and_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match='did you mean "selfie"'):
        load_recipe("selfi")


def test_a_folder_reports_the_mistakes_of_all_its_files(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('"onnx"', '"a"'))
    write(tmp_path, "", "empty.toml")
    with pytest.raises(RecipeError) as caught:
        all_recipes(tmp_path)
    assert {line.split(":")[0] for line in caught.value.problems} == {"mine.toml", "empty.toml"}
    with pytest.raises(RecipeError, match="no recipe"):
        all_recipes(tmp_path / "nowhere")


FULL = """
name = "mine"
licence = "MIT"
format = "onnx"
title = { en = "Mine", zh = "我的" }
source = { url = "https://example.org/a.zip", size = 12, member = "a/model.onnx" }
output = { kind = "logits", person = [15, 3], layout = "NCHW", name = "y" }

[input]
width = 256
height = 144
layout = "NHWC"
channels = "BGR"
scale = 255
mean = [104, 117, 123.5]
std = [1, 2, 3]
dtype = "float16"
name = "x"

[[state]]
input = "h0"
output = "h1"
shape = [1, 16, 8, 8]

[[state]]
input = "g0"
output = "g1"

[[constant]]
input = "ratio"
value = 0.25

[[constant]]
input = "size"
value = [144, 256]

[[published]]
metric = "mIoU"
value = 0.9
dataset = "portraits"
source = "https://example.org/paper"
"""


def test_everything_that_a_recipe_can_say(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, FULL))
    assert isinstance(recipe.source, UrlSource)
    assert (recipe.source.sha256, recipe.source.size) == (None, 12)
    assert recipe.source.describe() == "https://example.org/a.zip (a/model.onnx)"
    assert (recipe.input.scale, recipe.input.mean) == (255.0, (104.0, 117.0, 123.5))
    assert (recipe.input.dtype, recipe.input.name) == ("float16", "x")
    assert recipe.output.person == (15, 3)
    assert [state.shape for state in recipe.state] == [(1, 16, 8, 8), None]
    assert [constant.value for constant in recipe.constant] == [(0.25,), (144.0, 256.0)]
    assert recipe.published[0].value == 0.9
    assert hash(recipe) == hash(load_recipe(tmp_path / "mine.toml"))


def test_one_class_needs_no_list(tmp_path: Path) -> None:
    text = GOOD.replace('kind = "alpha"', 'kind = "argmax", person = 0')
    assert load_recipe(write(tmp_path, text)).output.person == (0,)


@pytest.mark.parametrize(
    ("replace", "by", "problem"),
    [
        ("[15, 3]", "[15, 15]", "output.person: [15, 15] is wrong: must be different numbers from"),
        ("[15, 3]", "-1", "output.person: -1 is wrong: must be different numbers from 0 on"),
        ("[15, 3]", "[1.5]", "output.person: 1.5 is wrong (right is: the class that is person"),
        ("[15, 3]", "true", "output.person: True is wrong"),
        ("[15, 3]", "[]", 'output.person: [] is wrong: goes with kind = "logits"'),
        ("person = [15, 3], ", "", 'output.person: missing; it goes with kind = "logits" (right'),
        ('"logits"', '"logit"', "output.person: [15, 3] is wrong: does not go with kind"),
        ('"logits"', '"logitz"', 'output.kind: \'logitz\' is wrong (right is: "alpha"'),
        ('name = "y"', 'name = "y", index = 1', "output.index: 1 is wrong: does not go with name"),
        ('name = "y"', "index = -1", "output.index: -1 is wrong (right is: the output's number"),
        ("scale = 255", "scale = 0", "input.scale: 0 is wrong (right is: what white becomes"),
        ("scale = 255", "scale = nan", "input.scale: nan is wrong"),
        ("123.5", "inf", "input.mean: [104, 117, inf] is wrong: must be ordinary numbers"),
        ('"float16"', '"int8"', 'input.dtype: \'int8\' is wrong (right is: "float32"'),
        ("[1, 16, 8, 8]", "[1, 0]", "state[0].shape: 0 is wrong (right is: a list of the state's"),
        ('output = "g1"', "", "state[1].output: missing (right is: the output that gives"),
        ('output = "g1"', 'output = "g1"\nstep = 1', "state[1].step: unknown key; known here: inp"),
        ('output = "g1"', 'output = "h1"', "state: [{'input': 'h0'"),
        ('input = "size"', 'input = "ratio"', "names a tensor twice"),
        ("value = 0.25", 'value = "a"', "constant[0].value: 'a' is wrong (right is: a number, or"),
        ("[144, 256]", "[]", "constant[1].value: [] is wrong"),
        ('metric = "mIoU"', "", "published[0].metric: missing (right is: what was measured"),
        ("size = 12", "size = 0", "source.size: 0 is wrong (right is: what is downloaded, in byt"),
        ("https://example.org/a.zip", "http://example.org/a.zip",
         "source.sha256: missing; it is needed where the address is http, not https (right is"),
        ("https://example.org/a.zip", "https:///a.zip", "source.url: 'https:///a.zip' is wrong"),
    ],
)  # fmt: skip
def test_mistakes_in_what_a_recipe_can_say(
    tmp_path: Path, replace: str, by: str, problem: str
) -> None:
    assert FULL.count(replace) == 1
    (found,) = problems(tmp_path, FULL.replace(replace, by))
    assert problem in found


def test_a_plain_connection_is_enough_on_this_machine(tmp_path: Path) -> None:
    for host in ("127.0.0.1:80", "localhost", "[::1]"):
        text = FULL.replace("https://example.org/a", f"http://{host}/a")
        assert load_recipe(write(tmp_path, text)).source.sha256 is None
    digits = f'http://example.org/a", sha256 = "{"0" * 64}'
    text = FULL.replace("https://example.org/a.zip", digits)
    assert load_recipe(write(tmp_path, text)).source.sha256
    for host in ("127.0.0.1.example.org", "localhost.example.org", "127.0.0.1@example.org"):
        (problem,) = problems(tmp_path, FULL.replace("https://example.org/a", f"http://{host}/a"))
        assert "http, not https" in problem


def test_long_mistakes_are_shown_short(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, FULL.replace('"logits"', f'"{"x" * 1000}"'))
    assert len(found) < 500
