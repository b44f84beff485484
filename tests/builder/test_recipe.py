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
    assert '"tflite" or "onnx"' in by_key["format"]
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
