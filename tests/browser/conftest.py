"""A built site, a server for it, and a real Chromium whose camera plays a clip made here."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from browsers import Browsers, Visits
from playwright.sync_api import Playwright, sync_playwright
from serving import Servers

from builder import paths
from builder.build import build_site
from builder.demo import DemoClip, write_y4m
from builder.pipeline import build_model, files_of, hash_files, hash_json
from builder.predict import Segmenter
from builder.recipe import load_recipe

log = logging.getLogger(__name__)

# One loop of three seconds: the raw frames are 124 MB, which is what Chromium reads fastest.
CAMERA = {"width": 1280, "height": 720, "fps": 30, "seconds": 3}


@pytest.fixture(scope="session")
def site() -> Path:
    """The site that a build makes, as it would be put on a host; kept while nothing changes."""
    return build_site((), paths.cache_dir() / "test-site", progress=log.info).site_dir


@pytest.fixture(scope="session")
def references() -> dict[str, Segmenter]:
    """The Python reference of each model, in fp32."""
    names = ("selfie-landscape", "selfie")
    models = {name: build_model(load_recipe(name), log.info) for name in names}
    return {name: Segmenter(model.data("fp32")) for name, model in models.items()}


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for each request
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(scope="session")
def isolated_url(servers: Servers, site: Path) -> str:
    """The site with the headers that give threads to it."""
    return servers.site(site)[0]


@pytest.fixture(scope="session")
def plain_url(servers: Servers, site: Path) -> str:
    """The site on a host that sends no isolation headers."""
    return servers.site(site, isolate=False)[0]


@pytest.fixture(scope="session")
def camera_clip() -> DemoClip:
    """What the fake camera films."""
    return DemoClip(**CAMERA)


@pytest.fixture(scope="session")
def camera_file(camera_clip: DemoClip) -> Path:
    """The clip as raw frames in the cache, under the hash of all that it is made from."""
    sources = [
        f for n in ("assets", "backgrounds.py", "demo.py") for f in files_of(paths.PACKAGE_DIR / n)
    ]
    key = hash_json([CAMERA, hash_files(sources)])[:16]
    folder = paths.cache_dir() / "test-camera"
    file = folder / f"{key}.y4m"
    if not file.is_file():
        shutil.rmtree(folder, ignore_errors=True)  # older ones: they are large
        folder.mkdir(parents=True)
        write_y4m(camera_clip, file.with_suffix(".part"))
        file.with_suffix(".part").rename(file)
    return file.resolve()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browsers(playwright: Playwright, camera_file: Path) -> Iterator[Browsers]:
    browsers = Browsers(playwright, camera_file)
    yield browsers
    browsers.close()


@pytest.fixture
def visits(browsers: Browsers) -> Iterator[Visits]:
    visits = Visits(browsers)
    yield visits
    visits.close()


@pytest.fixture
def site_copy(site: Path, tmp_path: Path) -> Path:
    """The site without its compressed copies, to be changed by a test."""
    ignore = shutil.ignore_patterns("*.br", "*.gz")
    return shutil.copytree(site, tmp_path / "site", ignore=ignore)
