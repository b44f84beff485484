"""Where things lie: in a checkout beside the package, in an installed wheel inside it."""

import os
from pathlib import Path

from platformdirs import user_cache_path

PACKAGE_DIR = Path(__file__).resolve().parent
_CHECKOUT = PACKAGE_DIR.parent
_IS_CHECKOUT = (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "web_template").is_dir()

# The folder that holds web_template/, models/ and package-lock.json.
DATA_DIR = _CHECKOUT if _IS_CHECKOUT else PACKAGE_DIR / "_data"


def template_dir() -> Path:
    """The browser side's sources."""
    return DATA_DIR / "web_template"


def models_dir() -> Path:
    """The recipes that come with Livematte."""
    return DATA_DIR / "models"


def default_site_dir() -> Path:
    """``site/`` of the checkout, or of the working directory where Livematte is installed."""
    return (_CHECKOUT if _IS_CHECKOUT else Path.cwd()) / "site"


def node_modules() -> Path:
    """The folder that ``npm ci`` fills."""
    return (_CHECKOUT if _IS_CHECKOUT else Path.cwd()) / "node_modules"


def cache_dir() -> Path:
    """The cache: ``$LIVEMATTE_CACHE``, else ``.cache/`` of a checkout, else the system's own."""
    named = os.environ.get("LIVEMATTE_CACHE")
    if named:
        return Path(named)
    return _CHECKOUT / ".cache" if _IS_CHECKOUT else user_cache_path("livematte")
