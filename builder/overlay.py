"""A developer's own files above the browser side's: each takes the place of the one of its name."""

import difflib
from pathlib import Path

from builder.engine_files import ENGINE_FOLDERS, is_litter
from builder.errors import SiteError

_FOLDERS = ("templates", "locales", *ENGINE_FOLDERS)


def check_overlay(template_dir: Path, overlay: Path) -> None:
    """Refuse an overlay with a file that would change nothing: its name is most likely a slip.

    Args:
        template_dir: the browser side's sources.
        overlay: a folder laid out as they are, with the files that are to be others.

    Raises:
        SiteError: no folder, an empty one, or a name that the browser side does not have.
    """
    names = overlay_names(overlay)
    if not names:
        raise SiteError(
            f"{overlay} holds no file to override; lay it out as {template_dir} is, for instance "
            "templates/_parts/help.html.j2"
        )
    known = overlay_names(template_dir)
    for name in names:
        if name not in known:
            raise SiteError(f"{overlay / name} overrides nothing; {_advice(name, known)}")


def overlay_names(folder: Path) -> list[str]:
    """List the files of ``folder`` by their paths in it, sorted, without what editors leave.

    Raises:
        SiteError: no folder, or one that cannot be read.
    """
    if not folder.is_dir():
        raise SiteError(f"{folder} is no folder; name one with the files that are to be others")
    try:
        found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    except OSError as error:
        raise SiteError(f"cannot read {folder}: {error.strerror}; allow it") from error
    return sorted(path.as_posix() for path in found if not is_litter(path))


def _advice(name: str, known: list[str]) -> str:
    same = [each for each in known if each.rpartition("/")[2] == name.rpartition("/")[2]]
    near = same or difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"the names are those in Livematte's web_template/: {', '.join(_FOLDERS)}/…"
