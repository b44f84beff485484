"""Which backend runs the model: proved, forced, tried, given up.

WebGPU runs on SwiftShader here, so its models are tiny ones and its speed says nothing; the choice
by speed itself is a unit test's, on figures that are made up.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import Visits
from gpu_worker import make_gpu_site
from playwright.sync_api import expect
from serving import Servers
from visit import ENGINE, Visit

from builder import paths

TEXTS = json.loads((paths.template_dir() / "locales" / "en.json").read_text("utf-8"))
GREEN = {"kind": "color", "color": "#00ff00"}
VIDEO = {"width": 320, "height": 180, "frameRate": 30}

# The page's workers within reach, and what the engine tells of its backend.
KEEP_WORKERS = """
globalThis.workers = [];
globalThis.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    workers.push(this);
  }
};
"""
LISTEN = """
() => {
  livematte.backends = [];
  livematte.recovered = [];
  livematte.matte.on('backend', (value) => livematte.backends.push(value));
  livematte.matte.on('recovered', (value) => livematte.recovered.push(value));
}
"""
FACTS = """
() => {
  const { matte, backends, recovered, told } = livematte;
  const { backend, backendReason, frames } = matte.stats;
  return { backend, backendReason, frames, effect: matte.effect, backends, recovered, ...told };
}
"""
START_MS = """
async () => {
  const begin = performance.now();
  const matte = await livematte.engine.createMatte({ backend: 'wasm' });
  await matte.ready;
  const startMs = performance.now() - begin;
  matte.dispose();
  return startMs;
}
"""


@pytest.fixture(scope="module")
def gpu_site(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With models that SwiftShader runs; it counts as a GPU there, and wins a short race."""
    folder = make_gpu_site(site, tmp_path_factory.mktemp("gpu-choice"))
    for module, old, new in (
        ("worker/webgpu/device.js", "if (facts.isSoftware && !allowSoftware)", "if (false)"),
        ("page/backend-choice.js", "CLEAR_WIN = 0.8", "CLEAR_WIN = 1000"),
        ("page/backend-choice.js", "KEEPS_UP = 0.95", "KEEPS_UP = 0"),
        ("page/backend-trial.js", "CALM_FRAMES = 90", "CALM_FRAMES = 15"),
        ("page/backend-trial.js", "RACE_FRAMES = 60", "RACE_FRAMES = 5"),
    ):
        [file] = folder.glob(f"engine-*/{module}")
        text = file.read_text()
        assert old in text
        file.unlink()  # it may be the site's own, by a link
        file.write_text(text.replace(old, new))
    return folder


def start_with_gpu(site: Path, servers: Servers, visits: Visits, **options: Any) -> Visit:
    """An engine on green, in a browser with WebGPU, with the camera's frames flowing."""
    visit = visits.open("about:blank", webgpu=True)
    visit.page.add_init_script(KEEP_WORKERS)
    visit.page.goto(f"{servers.site(site)[0]}/licences.txt")
    visit.start_engine(effect=GREEN, video=VIDEO, **options)
    visit.page.evaluate(LISTEN)
    visit.wait_for_frames(3)
    return visit


def wait_for_backend(visit: Visit, backend: str, reason: str) -> None:
    visit.page.wait_for_function(
        """([backend, reason]) => {
          const { stats, state } = livematte.matte;
          return stats.backend === backend && stats.backendReason === reason && state === 'running';
        }""",
        arg=[backend, reason],
    )


def shows_more_than_green(visit: Visit) -> bool:
    return len(np.unique(visit.snapshot().reshape(-1, 4), axis=0)) > 100


def expect_notice(visit: Visit, code: str) -> None:
    notice = visit.page.locator(f'#notices [data-code="{code}"]')
    expect(notice).to_contain_text(TEXTS[f"error.{code}"])


def test_a_wrong_answer_to_the_golden_frame_is_refused(
    site_copy: Path, servers: Servers, visits: Visits
) -> None:
    for golden in (site_copy / "models").glob("*.golden-*.bin"):
        right = golden.read_bytes()
        size = len(right) // 4
        wrong = right[: 3 * size] + bytes(255 - alpha for alpha in right[3 * size :])
        golden.write_bytes(wrong)
        for page in (site_copy / "manifest.json", site_copy / "index.html"):
            old, new = sha256(right).hexdigest(), sha256(wrong).hexdigest()
            page.write_text(page.read_text().replace(old, new))
    visit = visits.open(f"{servers.site(site_copy)[0]}/")
    expect_notice(visit, "golden-failed")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "failed")


def test_the_golden_frames_of_the_build_are_answered(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(source=None)
    names = visit.page.evaluate("fetch('manifest.json').then((r) => r.json())")["models"]
    assert len(names) == 2
    for model in names:
        visit.page.evaluate("name => livematte.matte.setModel(name)", model["name"])
        assert any(url.endswith(model["golden"]["file"]) for url in visit.requests)
    assert visit.told["errors"] == []


def test_the_address_forces_a_backend(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/?backend=wasm")
    visit.wait_until_matted("demo")
    stats = visit.page.evaluate(f"async () => ({ENGINE}).stats")
    assert (stats["backend"], stats["backendReason"]) == ("wasm", "forced")
    expect(visit.page.locator("#backend")).to_have_value("wasm")
    expect(visit.page.locator("#backend-facts")).to_contain_text(TEXTS["reason.forced"])
    visit.choose_effect("mask")
    assert "backend=wasm" in visit.page.url


def test_a_forced_backend_that_is_not_there_is_said_and_another_can_be_chosen(
    isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/?backend=webgpu")
    expect_notice(visit, "gpu-unavailable")
    visit.page.locator("#backend").select_option("auto")
    visit.wait_until_matted("demo")
    expect(visit.page.locator("#notices > *")).to_have_count(0)
    visit.page.locator("#backend").select_option("webgpu")  # now while another one runs
    expect_notice(visit, "gpu-unavailable")
    expect(visit.page.locator("#backend")).to_have_value("auto")
    expect(visit.page.locator("#frame")).to_have_attribute("data-state", "running")


def test_without_a_gpu_nothing_of_webgpu_is_fetched(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/licences.txt")
    visit.start_engine(video=VIDEO)
    visit.wait_for_frames(90)
    visit.page.wait_for_function("() => livematte.matte.stats.backendReason !== 'untried'")
    reason = visit.page.evaluate("livematte.matte.stats.backendReason")
    assert reason in ("no-webgpu", "no-adapter", "fallback-adapter")
    assert not [url for url in visit.requests if "runtime-jspi" in url]


def test_another_backend_takes_over_without_a_gap(
    gpu_site: Path, servers: Servers, visits: Visits
) -> None:
    visit = start_with_gpu(gpu_site, servers, visits, backend="wasm")
    visit.page.evaluate("livematte.matte.setBackend('webgpu')")
    wait_for_backend(visit, "webgpu", "forced")
    assert shows_more_than_green(visit)
    facts = visit.page.evaluate(FACTS)
    assert facts["states"] == ["loading", "running"]
    assert facts["backends"] == [{"backend": "webgpu", "reason": "forced"}]
    assert facts["errors"] == facts["recovered"] == []


def test_a_gpu_that_is_lost_is_replaced_by_wasm_within_a_second(
    gpu_site: Path, servers: Servers, visits: Visits
) -> None:
    visit = start_with_gpu(gpu_site, servers, visits, backend="webgpu")
    assert shows_more_than_green(visit)
    visit.page.evaluate("workers.at(-1).postMessage({ type: 'test-destroy' })")
    visit.page.wait_for_function("() => livematte.recovered.length > 0")
    visit.page.wait_for_function("() => livematte.matte.state === 'running'")
    visit.wait_for_frames(3)
    assert shows_more_than_green(visit)
    facts = visit.page.evaluate(FACTS)
    # Whichever notices first: the device's own word, or the frame that was under way.
    [error] = facts["errors"]
    assert error["code"] in ("gpu-lost", "inference-failed")
    reason = f"failed-over:{error['code']}"
    assert (facts["backend"], facts["backendReason"]) == ("wasm", reason)
    assert facts["backends"] == [{"backend": "wasm", "reason": reason}]
    assert facts["states"] == ["loading", "running", "failed", "loading", "running"]
    assert facts["effect"] == GREEN
    [recovered] = facts["recovered"]
    # On a machine that is busy with something else a plain start takes longer, too, even this one,
    # which finds the runtime compiled already.
    assert recovered["tookMs"] <= max(1000, 4 * visit.page.evaluate(START_MS))


def test_a_winner_takes_over_and_starts_directly_at_the_next_visit(
    gpu_site: Path, servers: Servers, visits: Visits
) -> None:
    visit = start_with_gpu(gpu_site, servers, visits)
    wait_for_backend(visit, "webgpu", "race-won")
    assert shows_more_than_green(visit)
    facts = visit.page.evaluate(FACTS)
    assert facts["states"] == ["loading", "running"]
    assert facts["backends"] == [{"backend": "webgpu", "reason": "race-won"}]
    visit.page.reload()
    visit.start_engine(effect=GREEN, video=VIDEO)
    wait_for_backend(visit, "webgpu", "remembered")
    assert visit.page.evaluate("workers.length") == 1
