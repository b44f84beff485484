"""The page's own templates, rendered in each language without a browser."""

import json
import re
from html.parser import HTMLParser

import pytest

from builder import paths
from builder.headers import CONTENT_SECURITY_POLICY
from builder.pages import read_locales, render_pages

LOCALES = read_locales(paths.template_dir(), "en")
TITLE = {"en": 'A "site" <of> one\'s own', "zh": "自己的网站"}
MODEL = {
    "name": "selfie",
    "title": {"en": "Selfie </script><b>", "zh": "自拍"},
    "licence": "Apache-2.0",
    "homepage": "https://example.org/",
    "variants": [],
}
MANIFEST = {
    "schema": 1,
    "defaultModel": "selfie",
    "models": [MODEL],
    "demo": {"poster": "media/demo-0123456789.jpg"},
    "backgrounds": [
        {"name": "my-office", "title": 'My "office"', "file": "media/background-0123456789.webp"}
    ],
}


def render(locale: str, base: str = "") -> str:
    pages = render_pages(
        paths.template_dir(),
        {
            "title": TITLE,
            "engine": "engine-0123456789",
            "manifest": MANIFEST,
            "locales": LOCALES,
            "locale": locale,
            "preload": [
                {"rel": "modulepreload", "href": "a.js"},
                {"rel": "preload", "href": "b.wasm", "as": "fetch", "crossorigin": "anonymous"},
            ],
            "version": "1.2.3",
            "defaults": {"effect": "blur", "backdrop": "my-office"},
            "base": base,
        },
    )
    return pages["index.html"].decode()


class Page(HTMLParser):
    """Collects the elements, and the text of each element that has a key."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self.data: dict[str, str] = {}
        self._key = ""
        self._block = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self._key = given.get("data-i18n", "")
        is_data = given.get("type") == "application/json"
        self._block = given["id"] if is_data else ""

    def handle_data(self, data: str) -> None:
        if self._key:
            self.texts[self._key] = data
        if self._block:
            self.data[self._block] = data
        self._key = ""
        self._block = ""


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_every_text_is_in_the_page_s_first_language(locale: str) -> None:
    page = Page(render(locale))
    assert len(page.texts) > 40
    for key, text in page.texts.items():
        assert text == LOCALES[locale][key]
    for _, attributes in page.tags:
        for mark, target in (("name", "aria-label"), ("label", "aria-label"), ("title", "title")):
            if marked := attributes.get(f"data-i18n-{mark}"):
                assert attributes[target] == LOCALES[locale][marked]
    assert ("html", {"lang": locale}) in page.tags


def test_the_data_blocks_survive_whatever_is_in_them() -> None:
    page = Page(render("en"))
    assert json.loads(page.data["locales"]) == LOCALES
    assert json.loads(page.data["manifest"])["models"] == [MODEL]
    assert json.loads(page.data["site"]) == {
        "title": TITLE,
        "version": "1.2.3",
        "engine": "engine-0123456789",
        "defaults": {"effect": "blur", "backdrop": "my-office"},
    }


def test_the_page_s_policy_is_the_server_s() -> None:
    [policy] = [
        attributes["content"]
        for tag, attributes in Page(render("en")).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == CONTENT_SECURITY_POLICY


def test_nothing_is_inline_or_from_elsewhere() -> None:
    for tag, attributes in Page(render("en")).tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert "src" in attributes or attributes["type"] == "application/json"
        for name in ("src", "href"):
            address = attributes.get(name, "")
            if tag != "a" and not address.startswith("data:image/"):
                assert not re.match(r"\w+:|/", address), address


def test_preloads_are_written_as_they_are_given() -> None:
    links = [attributes for tag, attributes in Page(render("en")).tags if tag == "link"]
    assert {"rel": "modulepreload", "href": "a.js"} in links
    wasm = {"rel": "preload", "href": "b.wasm", "as": "fetch", "crossorigin": "anonymous"}
    assert wasm in links
