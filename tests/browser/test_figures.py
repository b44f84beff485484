"""The panel in which the engine shows its work."""

import re

from browsers import Visits
from playwright.sync_api import expect

# How many pixels of the plot have a colour of a stage, and the mean of their columns, 0..1.
PLOTTED = """
() => {
  const { width, height } = plot;
  const { data } = plot.getContext('2d').getImageData(0, 0, width, height);
  let count = 0, columns = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue, alpha] = data.subarray(i, i + 4);
    if (alpha < 255 || Math.max(red, green, blue) - Math.min(red, green, blue) < 40) continue;
    count++;
    columns += (i / 4) % width / width;
  }
  return [count, count ? columns / count : 0];
}
"""


def test_the_engine_shows_its_work(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    page.locator("#timings > summary").click()
    expect(page.locator("#figure-backend")).to_contain_text("wasm, ")  # and why
    expect(page.locator("#figure-threads")).to_have_text("2 threads, isolated")
    expect(page.locator("#figure-model")).to_contain_text("optimized")
    expect(page.locator("#figure-picture")).to_contain_text("1280 × 720")
    expect(page.locator("#figure-sampler")).to_contain_text("tried, in ms")
    expect(page.locator("#figure-frames")).to_contain_text("shown")
    expect(page.locator("#figure-memory")).to_contain_text("MB")
    # It grows from the right; after some seconds there is more of it.
    early, place = 0, 0.0
    for _ in range(40):
        early, place = page.evaluate(PLOTTED)
        if early > 20:
            break
        page.wait_for_timeout(250)
    assert early > 20
    assert place > 0.8
    page.wait_for_timeout(2500)
    assert page.evaluate(PLOTTED)[0] > early
    assert re.search(r"takes \d+\.\d ms", page.locator("#plot").get_attribute("aria-label") or "")


def test_the_figures_are_copied_as_text(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/?model=selfie&x=secret", locale="zh-CN")
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.wait_until_matted("demo")
    page = visit.page
    page.locator("#timings > summary").click()
    page.locator("#copy-report").click()
    expect(page.locator("#live")).to_have_text("运行数据已复制。")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("Livematte ")
    for line in ("backend: wasm", "threads: 2", "isolated: true", "totalMs: median "):
        assert f"\n{line}" in text
    assert "secret" not in text
    expect(page.locator("#report")).to_be_hidden()


def test_where_copying_is_refused_the_text_is_there_to_be_copied(
    isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    page = visit.page
    page.evaluate(
        """() => {
          navigator.clipboard.writeText = async () => {
            throw new DOMException('denied', 'NotAllowedError');
          };
        }"""
    )
    page.locator("#timings > summary").click()
    page.locator("#copy-report").click()
    expect(page.locator('[data-code="clipboard-refused"]')).to_be_visible()
    report = page.locator("#report")
    expect(report).to_be_focused()
    assert report.input_value().startswith("Livematte ")
    assert page.evaluate("report.selectionEnd - report.selectionStart === report.value.length")
