"""Renders the Jinja2 templates; a mistake in one is told with its file and line."""

import difflib
import json
import traceback
from pathlib import Path
from typing import Any

import jinja2

from builder.errors import SiteError

_SUFFIX = ".j2"


def render_pages(
    template_dir: Path, context: dict[str, Any], overlay: Path | None = None
) -> dict[str, bytes]:
    """Render every template that is a page: ``templates/a/b.html.j2`` becomes ``a/b.html``.

    A name that starts with an underscore is a part of other templates. Values are escaped; an
    undefined one is an error. A template of ``overlay`` takes the place of the one of its name.

    Raises:
        SiteError: a template has a mistake, or there is no ``index.html.j2``.
    """
    folder = template_dir / "templates"
    folders = [overlay / "templates", folder] if overlay else [folder]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # `tojson` also escapes <, > and &, so that a data block cannot end early.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob(f"*{_SUFFIX}"))
    pages = [name for name in names if not any(p[0] in "._" for p in name.split("/"))]
    if "index.html.j2" not in pages:
        raise SiteError(f"{folder / 'index.html.j2'} is missing; a site starts there")
    return {name.removesuffix(_SUFFIX): _render(environment, name, context) for name in pages}


def _render(environment: jinja2.Environment, name: str, context: dict[str, Any]) -> bytes:
    try:
        return environment.get_template(name).render(context).encode()
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.filename or error.name}:{error.lineno}"
        raise SiteError(f"{place}: {_one_line(error.message)}; mend the template") from error
    except UnicodeDecodeError as error:
        raise SiteError(f"{name} or what it includes is not UTF-8; save it as UTF-8") from error
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        what = f"no template {error}" if isinstance(error, jinja2.TemplateNotFound) else error
        place = _template_line(error) or name
        raise SiteError(f"{place}: {_one_line(what)}; mend the template") from error


def _template_line(error: Exception) -> str | None:
    """Find the template's line in a traceback: Jinja2 puts frames of its own there."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename}:{frame.lineno}" for frame in frames if _SUFFIX in frame.filename]
    return lines[-1] if lines else None


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


def read_locales(
    template_dir: Path, default: str, overlay: Path | None = None
) -> dict[str, dict[str, Any]]:
    """Read ``locales/*.json``: every text of the page by language.

    A file of ``overlay`` holds only the texts that are to be others.

    Raises:
        SiteError: a file is no JSON object, the default language is missing, or the overlay has a
            text that the page does not.
    """
    locales: dict[str, dict[str, Any]] = {}
    for path in sorted((template_dir / "locales").glob("*.json")):
        locales[path.stem] = _read_texts(path)
        own = overlay / "locales" / path.name if overlay else None
        if own and own.is_file():
            locales[path.stem] |= _own_texts(own, locales[path.stem])
    if default not in locales:
        known = ", ".join(locales) or "none"
        raise SiteError(f"no locales/{default}.json in {template_dir}; the languages are: {known}")
    return locales


def _read_texts(path: Path) -> dict[str, Any]:
    try:
        texts = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise SiteError(f"{path} is no JSON: {_one_line(error)}") from error
    if not isinstance(texts, dict):
        raise SiteError(f"{path} holds no JSON object; write texts by their keys")
    return texts


def _own_texts(path: Path, known: dict[str, Any]) -> dict[str, Any]:
    texts = _read_texts(path)
    for key, text in texts.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            advice = f"did you mean {near[0]!r}?" if near else "look its key up in locales/en.json"
            raise SiteError(f"{path}: the page has no text {key!r}; {advice}")
        if not isinstance(text, str):
            raise SiteError(f"{path}: {key!r} is no text; write it in quotes")
    return texts
