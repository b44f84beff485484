"""What the documentation shows can be used as it stands."""

import re
from pathlib import Path

from builder import paths
from builder.recipe import all_recipes, load_recipe


def test_the_documented_recipe_is_a_recipe(tmp_path: Path) -> None:
    text = (paths.DATA_DIR / "docs" / "recipes.md").read_text("utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "mine.toml").write_text(block, "utf-8")
    recipe = load_recipe(tmp_path / "mine.toml")
    assert recipe.output.person == (1,)
    assert len(recipe.state) == 1


def test_every_recipe_is_documented() -> None:
    text = (paths.DATA_DIR / "docs" / "recipes.md").read_text("utf-8")
    for recipe in all_recipes():
        assert f"`{recipe.name}`" in text


def test_links_of_the_documents_lead_somewhere() -> None:
    documents = [*paths.DATA_DIR.glob("*.md"), *(paths.DATA_DIR / "docs").glob("*.md")]
    links = [
        (document, target)
        for document in documents
        for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text("utf-8"))
        if "://" not in target
    ]
    assert links
    missing = [f"{d.name}: {t}" for d, t in links if not (d.parent / t).exists()]
    assert not missing
