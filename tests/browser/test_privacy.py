"""Pictures never leave the machine: nothing is sent once the page has loaded."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsers import Visits
from serving import Servers

MATTING_S = 10  # more than one round of the demonstration clip


@pytest.mark.parametrize("source", ["camera", "demo"])
def test_nothing_is_requested_while_the_page_mattes(
    source: str, servers: Servers, site: Path, visits: Visits
) -> None:
    url, arrived = servers.site(site)
    # An automatic choice may fetch the site's other model, once there is time for it.
    visit = visits.open(f"{url}/?model=selfie-landscape")
    visit.play(source)
    # What the chosen effects need is loaded when they are first chosen; then the page is complete.
    visit.page.wait_for_load_state("networkidle")
    # The control: requests of the page and of its worker are both seen, here and at the server.
    assert any(path.endswith(".wasm") for path in arrived.paths)
    assert any(request.endswith(".wasm") for request in visit.requests)

    at_server, in_browser = len(arrived.paths), len(visit.requests)
    frames = visit.frames_shown()
    for effect in ("blur", "color", "cutout", "overlay", "mask"):
        visit.choose_effect(effect)
        visit.page.wait_for_timeout(MATTING_S * 1000 / 5)
    assert visit.frames_shown() > frames + 30  # it did matte all the while
    assert arrived.paths[at_server:] == []
    # Chromium asks its own cache for the icon whenever the address changes, as with each choice.
    since = [path for path in visit.requests[in_browser:] if not path.endswith("/favicon.svg")]
    assert since == []


def test_everything_is_requested_from_the_page_s_own_origin(
    isolated_url: str, visits: Visits
) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.play("camera")
    visit.page.wait_for_load_state("networkidle")
    sent = [request for request in visit.requests if not request.startswith(("blob:", "data:"))]
    assert sent
    assert {urlsplit(request).netloc for request in sent} == {urlsplit(isolated_url).netloc}


def test_the_policy_forbids_every_other_origin(isolated_url: str, visits: Visits) -> None:
    visit = visits.open(f"{isolated_url}/")
    visit.expect("Content Security Policy", "Refused to", "Fetch API cannot load")
    refused = visit.page.evaluate(
        "fetch('https://example.org/', {mode: 'no-cors'}).then(() => 'sent', () => 'refused')"
    )
    assert refused == "refused"
    policy = visit.page.evaluate(
        "fetch(location).then((response) => response.headers.get('content-security-policy'))"
    )
    assert "connect-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
