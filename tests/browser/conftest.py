"""A built site, a server for it, and a real Chromium whose camera plays a clip made here."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from browsers import Browsers, Visits
from camera import CAMERA, write_camera_file
from playwright.sync_api import Playwright, expect, sync_playwright
from serving import Servers
from sharing import one_at_a_time

from builder import paths
from builder.build import build_site
from builder.demo import DemoClip
from builder.pipeline import build_model
from builder.predict import Segmenter
from builder.recipe import load_recipe

log = logging.getLogger(__name__)

# What is expected comes within moments, but with several tests at once a start takes some seconds.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # The first of them waits for the build, which has a hard time on a busy machine.
        if {"site", "shipped_site"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def site() -> Path:
    """The site with its modules apart, which some tests exchange; kept while nothing changes."""
    folder = paths.cache_dir() / "test-site"
    with one_at_a_time("test-site"):
        return build_site((), folder, join=False, progress=log.info).site_dir


@pytest.fixture(scope="session")
def shipped_site() -> Path:
    """The site that a build makes, as it would be put on a host."""
    with one_at_a_time("test-site"):  # they share their models
        return build_site((), paths.cache_dir() / "test-shipped-site", progress=log.info).site_dir


@pytest.fixture(scope="session")
def references() -> dict[str, Segmenter]:
    """The Python reference of each model, in fp32."""
    names = ("selfie-landscape", "selfie")
    with one_at_a_time("test-site"):
        models = {name: build_model(load_recipe(name), log.info) for name in names}
    return {name: Segmenter(model.data("fp32")) for name, model in models.items()}


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for each request
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(scope="session")
def isolated_url(servers: Servers, shipped_site: Path) -> str:
    """The site with the headers that give threads to it."""
    return servers.site(shipped_site)[0]


@pytest.fixture(scope="session")
def plain_url(servers: Servers, shipped_site: Path) -> str:
    """The site on a host that sends no isolation headers."""
    return servers.site(shipped_site, isolate=False)[0]


@pytest.fixture(scope="session")
def modules_url(servers: Servers, site: Path) -> str:
    """As ``isolated_url``, but each module is a file of its own: ten times the requests."""
    return servers.site(site)[0]


@pytest.fixture(scope="session")
def camera_clip() -> DemoClip:
    """What the fake camera films."""
    return DemoClip(**CAMERA)


@pytest.fixture(scope="session")
def camera_file(camera_clip: DemoClip) -> Path:
    """The clip as a file for Chromium."""
    with one_at_a_time("test-camera"):
        return write_camera_file(camera_clip)


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
