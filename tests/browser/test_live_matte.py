"""The engine as an element, under the site's own strict policy."""

from browsers import Visits
from camera import REMEMBER_TRACKS, UNPLUG
from visit import Visit

IMPORT = "async () => { await import(new URL('./live-matte.js', location).href); }"
# Attributes as in markup; a policy without inline script keeps the page's own from being written.
PUT = """
(attributes) => {
  const element = document.createElement('live-matte');
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  globalThis.told = [];
  for (const name of ['state', 'first-matte', 'backend', 'error']) {
    element.addEventListener(name, ({ detail }) => told.push([name, detail?.code ?? detail]));
  }
  globalThis.element = element;
  document.body.replaceChildren(element);
}
"""
# How many of the workers that the page has started are still there.
COUNT_WORKERS = """
const OriginalWorker = Worker;
globalThis.workers = { open: 0 };
globalThis.Worker = class extends OriginalWorker {
  constructor(...args) {
    super(...args);
    workers.open++;
  }
  terminate() {
    workers.open--;
    super.terminate();
  }
};
"""


def put(visits: Visits, url: str, **attributes: str) -> Visit:
    visit = visits.open("about:blank")
    visit.page.add_init_script(REMEMBER_TRACKS)
    visit.page.add_init_script(COUNT_WORKERS)
    visit.page.goto(f"{url}/licences.txt")
    visit.page.evaluate(IMPORT)
    visit.page.evaluate(PUT, attributes)
    return visit


def wait_for_frames(visit: Visit, count: int = 3) -> None:
    visit.page.wait_for_function("count => element.matte?.stats.frames >= count", arg=count)


def test_a_camera_in_one_line_of_markup(isolated_url: str, visits: Visits) -> None:
    visit = put(visits, isolated_url, camera="", effect="color", color="#00ff00")
    wait_for_frames(visit)
    facts = visit.page.evaluate(
        """() => ({
          state: element.state,
          effect: element.matte.effect,
          track: element.track.kind,
          told: told.map(([name, detail]) => name === 'state' ? detail : name),
          width: element.shadowRoot.querySelector('canvas').getBoundingClientRect().width > 0,
          styled: getComputedStyle(element).display,
        })"""
    )
    assert facts == {
        "state": "running",
        "effect": {"kind": "color", "color": "#00ff00"},
        "track": "video",
        "told": ["loading", "running", "first-matte"],
        "width": True,
        "styled": "inline-block",
    }

    visit.page.evaluate("element.setAttribute('effect', 'blur'); element.model = 'selfie';")
    visit.page.wait_for_function(
        "() => element.matte.effect.kind === 'blur' && element.matte.stats.model === 'selfie'"
    )
    visit.page.evaluate("element.setAttribute('effect', 'none')")
    visit.page.wait_for_function("() => told.at(-1)[0] === 'error'")
    assert visit.page.evaluate("element.matte.effect.kind") == "blur"


def test_taken_out_it_lets_go_of_everything_and_put_back_it_starts_again(
    isolated_url: str, visits: Visits
) -> None:
    visit = put(visits, isolated_url, camera="")
    wait_for_frames(visit)
    visit.page.evaluate("element.remove()")
    visit.page.wait_for_function(
        "() => workers.open === 0 && tracks.every((track) => track.readyState === 'ended')"
    )
    assert visit.page.evaluate("element.matte") is None
    assert visit.page.evaluate("tracks.length") == 1

    visit.page.evaluate("document.body.append(element)")
    wait_for_frames(visit)
    assert visit.page.evaluate("[workers.open, tracks.length]") == [1, 2]

    # In and out at once leaves nothing behind, and complains of nothing.
    visit.page.evaluate("element.remove(); document.body.append(element); element.remove();")
    visit.page.wait_for_function(
        "() => workers.open === 0 && tracks.every((track) => track.readyState === 'ended')"
    )
    assert not [name for name, _ in visit.page.evaluate("told") if name == "error"]


def test_a_backend_by_its_attribute(isolated_url: str, visits: Visits) -> None:
    visit = put(visits, isolated_url, backend="wasm")
    visit.page.wait_for_function("() => element.matte?.stats.backendReason === 'forced'")
    assert visit.page.evaluate("element.backend") == "wasm"

    visit.page.evaluate("element.backend = 'webgpu'")
    visit.page.wait_for_function("() => told.at(-1)?.[0] === 'error'")
    assert visit.page.evaluate("told.at(-1)[1]") == "gpu-unavailable"
    assert visit.page.evaluate("element.matte.backend") == "wasm"

    visit.page.evaluate("element.removeAttribute('backend')")
    visit.page.wait_for_function("() => told.at(-1)[0] === 'backend'")
    assert visit.page.evaluate("[element.matte.backend, told.at(-1)[1].reason]") in (
        ["auto", "untried"],
        ["auto", "only-candidate"],
    )


def test_a_video_by_its_address(isolated_url: str, visits: Visits) -> None:
    visit = put(visits, isolated_url, autoplay="false", effect="mask")
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("workers.open") == 0  # it waits to be told
    visit.page.evaluate(
        """async () => {
          const { demo } = await (await fetch('./manifest.json')).json();
          element.src = demo.file;
          await element.play();
        }"""
    )
    wait_for_frames(visit)
    assert visit.page.evaluate("[element.matte.stats.source, tracks.length]") == ["video", 0]


def test_a_refused_camera_is_told_and_may_be_asked_for_again(
    isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt", camera="refused")
    visit.page.evaluate(IMPORT)
    visit.page.evaluate(PUT, {"camera": ""})
    visit.page.wait_for_function("() => told.some(([name]) => name === 'error')")
    assert ["error", "camera-denied"] in visit.page.evaluate("told")
    visit.page.evaluate("told.length = 0; element.play();")
    visit.page.wait_for_function("() => told.some(([name]) => name === 'error')")


def test_a_camera_that_was_unplugged_is_taken_up_when_it_is_back(
    isolated_url: str, visits: Visits
) -> None:
    visit = put(visits, isolated_url, camera="")
    wait_for_frames(visit)
    visit.page.evaluate(UNPLUG)
    visit.page.wait_for_function(
        "() => told.some(([name, code]) => name === 'error' && code === 'camera-lost')"
    )
    visit.page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    visit.page.wait_for_function("() => tracks.length === 2 && element.state === 'running'")
    wait_for_frames(visit)
