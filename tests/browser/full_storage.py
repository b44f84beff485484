"""A browser that has no room left to keep anything."""

from browsers import Visits
from visit import Visit

STORAGE_FULL = """
IDBObjectStore.prototype.put = () => {
  throw new DOMException('no room', 'QuotaExceededError');
};
"""


def open_without_room(visits: Visits, url: str) -> Visit:
    """The page in Chinese, its demonstration matted, where nothing can be kept."""
    visit = visits.open("about:blank", locale="zh-CN")
    visit.page.add_init_script(STORAGE_FULL)
    visit.page.goto(f"{url}/")
    visit.wait_until_matted("demo")
    return visit
