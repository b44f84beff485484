"""What a developer chooses about a site, besides its models: checked, and cheap to import."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from builder.errors import SiteError

TITLE = "Livematte"

# What the page can start with, in the order of its picker.
PAGE_EFFECTS = ("image", "blur", "color", "cutout", "overlay", "mask")
COMMENTS = "comments"  # fly before the first of them
FIRST_EFFECTS = (*PAGE_EFFECTS, COMMENTS)

# The inference runtime's builds with WebGPU that a site can have: the one for browsers with
# JavaScript Promise Integration, that and the one for all others, or neither.
WEBGPU_BUILDS = ("jspi", "both", "none")


@dataclass(frozen=True, slots=True)
class SiteChoices:
    """A site in one's own name.

    Raises:
        SiteError: no title, an effect that the page has not, no address of a site, or no choice of
            the WebGPU builds.
    """

    title: str = TITLE
    default_effect: str = PAGE_EFFECTS[0]  # what a first visit shows
    locale: str = "en"  # of a visitor whose browser names no language that the page speaks
    base: str = ""  # where the site will be: an address that ends on a slash
    backgrounds: Path | None = None  # a folder of pictures
    templates: Path | None = None  # a folder of files that take the place of Livematte's
    webgpu: str = WEBGPU_BUILDS[0]

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise SiteError("the title is empty; give the site a name with --title")
        if self.default_effect not in FIRST_EFFECTS:
            raise SiteError(
                f"the page has no effect {self.default_effect!r}; choose one of: "
                f"{', '.join(FIRST_EFFECTS)}"
            )
        if self.webgpu not in WEBGPU_BUILDS:
            raise SiteError(
                f"there are no WebGPU builds {self.webgpu!r}; choose one of: "
                f"{', '.join(WEBGPU_BUILDS)}"
            )
        object.__setattr__(self, "base", _checked_base(self.base))

    @property
    def folders(self) -> tuple[Path, ...]:
        """Whose changes make the site out of date."""
        return tuple(folder for folder in (self.backgrounds, self.templates) if folder)


def _checked_base(base: str) -> str:
    if not base:
        return ""
    try:
        parts = urlsplit(base)
        is_site = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_site = False
    if not is_site or parts.query or parts.fragment:
        raise SiteError(
            f"{base!r} is no address of a site; write it like https://example.org/matte/"
        )
    return base if base.endswith("/") else f"{base}/"
