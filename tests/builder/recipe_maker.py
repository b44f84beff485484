"""Recipes for tests: a good one, of which a test says only what matters to it."""

from builder.recipe import Recipe


def make_recipe(height: int = 16, width: int = 24, **tables) -> Recipe:
    """Make a recipe; each table given is merged into the good one's."""
    good = {
        "name": "small",
        "title": {"en": "Small", "zh": "小"},
        "licence": "Apache-2.0",
        "format": "onnx",
        "source": {"path": "small.onnx"},
        "input": {"width": width, "height": height, "layout": "NCHW"},
        "output": {"kind": "alpha"},
    }
    for name, table in tables.items():
        merged = isinstance(table, dict) and name != "source"
        good[name] = {**good.get(name, {}), **table} if merged else table
    return Recipe.model_validate(good)
