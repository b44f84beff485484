"""Background pictures that a site ships: a folder of any pictures, as small files for the page."""

import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from builder.errors import SiteError
from builder.files import files_in
from builder.media import read_picture
from builder.site_plan import SiteBackground, SiteBackgrounds

# Covers the usual camera's picture; more would be scaled away at every frame. A very wide or very
# high picture is cut by its longer side. The page reads a visitor's own pictures the same way.
COVER_WIDTH, COVER_HEIGHT = 1280, 720
MAX_SIDE = 2560

SUFFIX = ".webp"
_QUALITY = 82  # no difference to be seen behind a person, at about a tenth of a byte per pixel

_PICTURES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".gif", ".tif", ".tiff"))
_TERMS = re.compile(r"(licen[cs]e|copying|credits|attribution)s?(\.(txt|md))?", re.IGNORECASE)

_NOT_A_WORD = re.compile(r"[\W_]+")


def read_backgrounds(
    folder: Path, taken: Iterable[str] = (), progress: Callable[[str], None] = lambda _: None
) -> SiteBackgrounds:
    """Read the pictures of a folder: upright, in sRGB, scaled down, without metadata.

    Args:
        folder: its pictures become backgrounds, named after their files; a file such as
            ``LICENSE.txt`` or ``CREDITS.md`` is quoted in ``licences.txt``.
        taken: names that are not free.
        progress: called with one line for each file that is left out.

    Raises:
        SiteError: no folder, or no picture in it.
        MediaError: a picture that cannot be read.
    """
    pictures: list[SiteBackground] = []
    terms = []
    names = set(taken)
    for path in files_of_folder(folder):
        if _TERMS.fullmatch(path.name):
            terms.append(path.read_text("utf-8", "replace").strip())
        elif path.suffix.lower() in _PICTURES:
            background = _read(path, names)
            names.add(background.name)
            pictures.append(background)
        else:
            progress(f"{path} is no picture, so it is left out")
    if not pictures:
        raise SiteError(
            f"{folder} holds no picture; put JPEG, PNG or WebP files into it, or leave out "
            "--background"
        )
    return SiteBackgrounds(tuple(pictures), "\n\n".join(terms))


def files_of_folder(folder: Path) -> list[Path]:
    """List the files of a folder by name, without what systems hide there.

    Raises:
        SiteError: no folder.
    """
    return files_in(folder, SiteError, "name a folder with pictures")


def _read(path: Path, taken: set[str]) -> SiteBackground:
    from PIL import Image

    picture = Image.fromarray(read_picture(path))
    cover = max(COVER_WIDTH / picture.width, COVER_HEIGHT / picture.height)
    scale = min(1.0, cover, MAX_SIDE / max(picture.size))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    if scale < 1:
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=6)
    title = " ".join(path.stem.replace("_", " ").split()) or path.name
    return SiteBackground(_free_name(title, taken), title, out.getvalue(), width, height)


def _free_name(title: str, taken: set[str]) -> str:
    base = _NOT_A_WORD.sub("-", title.lower()).strip("-") or "picture"
    count = 1
    while (name := base if count == 1 else f"{base}-{count}") in taken:
        count += 1
    return name
