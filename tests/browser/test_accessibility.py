"""axe finds nothing serious or critical, in each scheme and language, on phone and desktop."""

import io
from typing import Any

import pytest
from browsers import Visits
from PIL import Image
from visit import Visit

from builder import paths

AXE = paths.node_modules() / "axe-core" / "axe.min.js"

# Everything that axe has but for what is only advice of its own. A colour that is on its way to
# another one, as after a change of the scheme, is judged where it comes to rest.
RUN = """
async () => {
  for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
  const { violations, passes } = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
  });
  const found = violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    nodes: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
  }));
  return { found, checked: passes.length };
}
"""

SCREENS = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1440, "height": 900}}


def open_page(url: str, visits: Visits, locale: str = "en-US") -> Visit:
    visit = visits.open(f"{url}/", locale=locale)
    visit.wait_until_matted("demo")
    visit.page.locator("#pause").click()  # nothing of it is about the picture
    bring_axe(visit)
    return visit


def bring_axe(visit: Visit) -> None:
    visit.expect("Applying inline style")  # axe measures with some, which the policy forbids
    visit.page.evaluate(AXE.read_text("utf-8"))


def serious(visit: Visit, at_least: int = 16) -> list[dict[str, Any]]:
    answer = visit.page.evaluate(RUN)
    assert answer["checked"] >= at_least  # it has really looked
    return [each for each in answer["found"] if each["impact"] in ("serious", "critical")]


def open_everything(visit: Visit) -> None:
    """Unfolds every group, and shows a message over the picture."""
    visit.page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    visit.page.locator("#file").set_input_files(
        {"name": "no picture.png", "mimeType": "image/png", "buffer": b"x"}
    )
    visit.page.locator('[data-code="file-unreadable"]').wait_for()
    # A background and a model of one's own, each with the button that removes it.
    wall = io.BytesIO()
    Image.new("RGB", (32, 18), (230, 60, 160)).save(wall, "PNG")
    visit.page.locator("#own-backdrop-file").set_input_files(
        {"name": "wall.png", "mimeType": "image/png", "buffer": wall.getvalue()}
    )
    visit.page.locator(".own-backdrop input").wait_for()
    visit.page.evaluate("document.querySelector('#own-model-remove').hidden = false")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_nothing_serious(locale: str, isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits, locale)
    page = visit.page
    open_everything(visit)
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert serious(visit) == [], (screen, scheme)
            for dialog in page.locator("dialog").evaluate_all("(all) => all.map((e) => e.id)"):
                page.evaluate("(id) => document.getElementById(id).showModal()", dialog)
                assert serious(visit) == [], (screen, scheme, dialog)
                page.evaluate("(id) => document.getElementById(id).close()", dialog)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_in_the_three_views(scheme: str, isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits)
    page = visit.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.locator("#compare").click()
    assert serious(visit) == [], "before and after"
    page.locator("#compare-panes").click()
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert serious(visit) == [], screen


@pytest.mark.parametrize("camera", ["clip", "refused"])
def test_nothing_serious_in_the_bare_page(camera: str, isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/embed.html?bg=%23ffffff", camera=camera)
    if camera == "refused":
        visit.page.locator("#said").wait_for()
    bring_axe(visit)
    assert serious(visit, at_least=8) == []


def test_it_would_find_something(isolated_url: str, visits: Visits) -> None:
    visit = open_page(isolated_url, visits)
    visit.page.evaluate("document.querySelector('#mirror').removeAttribute('aria-label')")
    visit.page.evaluate("document.querySelector('#mirror').removeAttribute('title')")
    assert [each["id"] for each in serious(visit)] == ["button-name"]
