"""An engine whose memory is measured while it is used over and over."""

from typing import Any

from browsers import Visits
from visit import Visit

from builder.bench_memory import MemoryMeter

VIDEO = {"width": 320, "height": 180, "frameRate": 30}
EFFECTS = (
    {"kind": "blur", "strength": 0.3},
    {"kind": "color", "color": "#00ff00"},
    {"kind": "mask"},
    {"kind": "cutout"},
    {"kind": "overlay", "color": "#ff0000"},
)


def step(index: int) -> dict[str, Any]:
    """What a round in the page is told: its number, and the effect whose turn it is."""
    return {"index": index, "effect": EFFECTS[index % len(EFFECTS)]}


def expect_closed_frames(visit: Visit) -> None:
    assert not [line for line in visit.said if "VideoFrame" in line]


def open_metered(visits: Visits, url: str) -> tuple[Visit, MemoryMeter]:
    visit = visits.open("about:blank")
    meter = MemoryMeter(visit.page)
    visit.page.goto(f"{url}/licences.txt")
    visit.start_engine(video=VIDEO)
    visit.wait_for_frames(2)
    return visit, meter
