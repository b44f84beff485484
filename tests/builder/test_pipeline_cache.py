"""What a built model's place in the cache depends on."""

import ast
from pathlib import Path

from builder import paths, pipeline


def imported(module: Path) -> set[str]:
    """Name the project's own modules that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("builder"):
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_file(name: str) -> Path | None:
    path = paths.PACKAGE_DIR.parent.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file() and candidate.parent != paths.PACKAGE_DIR.parent:
            return candidate
    return None


def test_every_module_that_a_stage_uses_is_in_the_key() -> None:
    """Else a change in one would leave an old model in the cache."""
    roots = [paths.PACKAGE_DIR / name for name in pipeline._STAGE_SOURCES]
    keyed = {path for root in roots for path in pipeline.files_of(root)}
    # What only says where files are, brings bytes or words errors does not shape a model; the
    # recipe's values, the source's bytes and the frames to calibrate on are in the key themselves.
    exempt = {"__init__", "calibration", "errors", "fetch", "files", "paths"}
    exempt |= {"recipe", "recipe_schema"}
    seen = {path for path in keyed if path.suffix == ".py"}
    needed = {found for path in seen for name in imported(path) if (found := module_file(name))}
    missing = {path.name for path in needed - keyed if path.stem not in exempt}
    assert not missing


def test_every_source_is_there() -> None:
    for name in pipeline._STAGE_SOURCES:
        assert pipeline.files_of(paths.PACKAGE_DIR / name), name
