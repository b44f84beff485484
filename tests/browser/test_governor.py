"""The quality follows the load, the automatic model the shape of the frames; in a real worker."""

import re
from pathlib import Path
from typing import Any

import pytest
from browsers import Visits
from playwright.sync_api import expect
from serving import Servers
from visit import Visit

SMALL = {"width": 320, "height": 180, "frameRate": 30}

# Each run of the model takes so many milliseconds more, as on a machine that is busy.
SLOW = """
let extraMs = 0;
new BroadcastChannel('load').onmessage = ({ data }) => { extraMs = data; };
const wait = () => { const end = performance.now() + extraMs; while (performance.now() < end); };
"""


@pytest.fixture
def visit(site_copy: Path, servers: Servers, visits: Visits) -> Visit:
    """A page whose worker can be made slow."""
    (module,) = site_copy.glob("engine-*/worker/segmenter.js")
    text = module.read_text()
    slowed = re.sub(r"(const answer = await session\.run\(fed\);)", r"wait(); \1", text, count=1)
    assert slowed != text
    imports = [found.end() for found in re.finditer(r"^import .*?;\n", slowed, re.M | re.S)]
    module.write_text(slowed[: imports[-1]] + SLOW + slowed[imports[-1] :])
    return visits.open(f"{servers.site(site_copy)[0]}/licences.txt")


def load(visit: Visit, extra_ms: float) -> None:
    visit.page.evaluate("ms => new BroadcastChannel('load').postMessage(ms)", extra_ms)


def wait_for_governor(visit: Visit, condition: str) -> dict[str, Any]:
    try:
        visit.page.wait_for_function(
            f"() => {{ const g = livematte.matte.stats.governor; return g && ({condition}); }}",
            timeout=60_000,
        )
    except Exception:
        raise AssertionError(f"never {condition}: {visit.stats}") from None
    return dict(visit.stats["governor"])


@pytest.mark.alone
def test_quality_goes_down_under_load_and_comes_back(visit: Visit) -> None:
    visit.start_engine(
        video=SMALL, governor=True, model="selfie-landscape", effect={"kind": "mask"}
    )
    visit.wait_for_frames(10)
    load(visit, 60)
    lowered = wait_for_governor(visit, "g.stride > 1")
    assert lowered["reason"] == "slow"
    assert lowered["level"] > 0
    before = visit.stats["frames"]
    visit.wait_for_frames(before + 10)
    assert visit.told["errors"] == []
    load(visit, 0)
    raised = wait_for_governor(visit, f"g.stride < {lowered['stride']}")
    assert raised["reason"] == "time-left"
    assert visit.told["errors"] == []


def test_the_quality_stays_without_a_governor(visit: Visit) -> None:
    visit.start_engine(video=SMALL, effect={"kind": "mask"})
    visit.wait_for_frames(5)
    load(visit, 60)
    visit.page.wait_for_timeout(3000)
    assert visit.stats["governor"] is None


PICTURE = """
async ([width, height]) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillRect(0, 0, width, height);
  await livematte.matte.attach(canvas.transferToImageBitmap());
}
"""


def test_the_automatic_model_follows_the_shape(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(source=None, model="auto")
    for size, model in (((320, 180), "selfie-landscape"), ((180, 320), "selfie")):
        visit.page.evaluate(PICTURE, list(size))
        visit.wait_for_frames(1)
        visit.page.wait_for_function(
            "model => livematte.matte.stats.model === model", arg=model, timeout=30_000
        )
    visit.page.evaluate("livematte.matte.setModel('selfie-landscape')")
    visit.page.wait_for_timeout(300)
    assert visit.stats["model"] == "selfie-landscape"
    assert visit.told["errors"] == []


def test_the_page_begins_with_the_automatic_choice(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#model")).to_have_value("auto")
    expect(visit.page.locator("#status-model")).to_contain_text("wide")
    visit.page.locator("#model").select_option("selfie")
    expect(visit.page.locator("#status-model")).to_contain_text("square")
    visit.page.reload()
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#model")).to_have_value("selfie")
