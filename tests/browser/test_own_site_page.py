"""A site in one's own name, built by the command and opened as its visitors do."""

import numpy as np
import pytest
from browsers import Visits
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import expect
from serving import Servers

from builder.cli import main

RED = (200, 30, 40)


@pytest.fixture(scope="module")
def own_url(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> str:
    folder = tmp_path_factory.mktemp("own")
    pictures, templates = folder / "pictures", folder / "templates"
    (templates / "styles").mkdir(parents=True)
    pictures.mkdir()
    Image.new("RGB", (1600, 900), RED).save(pictures / "Red wall.png")
    (templates / "locales").mkdir()
    (templates / "locales" / "zh.json").write_text('{"page.tagline": "本店专用"}', "utf-8")
    arguments = [
        "build", "--site", folder / "site", "--title", "Studio <Zero>", "--models",
        "selfie,selfie-landscape", "--default-effect", "image", "--background", pictures,
        "--locale", "zh", "--base", "https://example.org/m", "--templates", templates,
    ]  # fmt: skip
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return servers.site(folder / "site")[0]


def test_it_is_the_site_that_was_asked_for(own_url: str, visits: Visits) -> None:
    visit = visits.open(f"{own_url}/", locale="fr-FR")
    visit.wait_until_matted("demo")
    page = visit.page
    assert page.title() == "Studio <Zero>"
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page.locator(".tagline")).to_have_text("本店专用")
    # The first of its models is the default one; "automatic" chooses among them by the frame.
    site = page.evaluate("fetch('manifest.json').then((response) => response.json())")
    assert site["defaultModel"] == "selfie"
    assert page.locator('link[rel="canonical"]').get_attribute("href") == "https://example.org/m/"
    chosen = page.locator('input[name="backdrop"]:checked')
    assert chosen.get_attribute("value") == "red-wall"
    page.wait_for_timeout(500)
    corner = visit.canvas()[:60, :60, :3].astype(int)
    # The wall, but for what WebP and the canvas round.
    assert np.abs(corner - RED).max() <= 6


def test_a_visitor_s_own_choice_outlives_the_site_s(own_url: str, visits: Visits) -> None:
    visit = visits.open(f"{own_url}/")
    visit.wait_until_matted("demo")
    visit.page.locator('input[name="backdrop"][value="ink"]').check(force=True)
    visit.choose_effect("blur")
    visit.page.reload()
    visit.wait_until_matted("demo")
    expect(visit.page.locator('input[name="effect"][value="blur"]')).to_be_checked()
    expect(visit.page.locator('input[name="backdrop"][value="ink"]')).to_be_checked()
