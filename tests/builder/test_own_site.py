"""A site in one's own name: title, language, first effect, address, pictures, templates."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from test_page_templates import Page, render
from tiny_site import make_plan, write

from builder import paths
from builder.build import _fingerprint, watched_paths
from builder.cli import main
from builder.errors import LivematteError, MediaError, SiteError
from builder.site import site_files
from builder.site_backgrounds import read_backgrounds
from builder.site_choices import COMMENTS, PAGE_EFFECTS, WEBGPU_BUILDS, SiteChoices
from builder.site_plan import BACKDROPS, Runtime, SiteBackgrounds


def photo(path: Path, width: int = 64, height: int = 48, **options: object) -> Path:
    across = np.linspace(0, 255, width, dtype=np.uint8)
    rgb = np.stack([np.broadcast_to(across, (height, width))] * 3, axis=-1).copy()
    rgb[: height // 2, :, 0] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb).save(path, **options)
    return path


def test_pictures_are_scaled_to_cover_and_lose_their_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"  # ImageDescription
    photo(tmp_path / "Our  office_2.jpg", 4000, 3000, exif=exif)
    photo(tmp_path / "b.png", 3000, 300)
    photo(tmp_path / "c.webp", 320, 200)
    shipped = read_backgrounds(tmp_path).pictures
    assert [(each.name, each.title) for each in shipped] == [
        ("our-office-2", "Our office 2"),
        ("b", "b"),
        ("c", "c"),
    ]
    # Covers 1280×720; the strip is cut by its longer side, the small one stays.
    assert [(each.width, each.height) for each in shipped] == [(1280, 960), (2560, 256), (320, 200)]
    for each in shipped:
        picture = Image.open(io.BytesIO(each.data))
        assert (picture.format, picture.size) == ("WEBP", (each.width, each.height))
        assert b"secret" not in each.data
    red = np.asarray(Image.open(io.BytesIO(shipped[0].data)).convert("RGB")).astype(int)[..., 0]
    # The picture itself, upright: the upper half is red, the lower one gets brighter. WebP's
    # rounding stays far below 12 of 255.
    assert np.abs(red[:400] - 255).max() <= 12
    assert red[900, 20] < 30
    assert red[900, 1250] > 200


def test_a_phone_s_picture_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: a quarter to the right
    photo(tmp_path / "a.jpg", 320, 200, exif=exif)
    [picture] = read_backgrounds(tmp_path).pictures
    assert (picture.width, picture.height) == (200, 320)


def test_the_same_pictures_make_the_same_bytes(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 2000, 1000)
    assert read_backgrounds(tmp_path) == read_backgrounds(tmp_path)


def test_names_are_free_and_in_any_script(tmp_path: Path) -> None:
    for name in ("ridge.png", "Ridge!.png", "西湖 夜景.png", "---.png"):
        photo(tmp_path / name)
    shipped = read_backgrounds(tmp_path, BACKDROPS).pictures
    assert sorted(each.name for each in shipped) == ["picture", "ridge-2", "ridge-3", "西湖-夜景"]


def test_what_is_no_picture_is_told_of(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    write(tmp_path, {"notes.doc": "x", ".hidden": "x", "LICENSE.txt": "Photo: me, CC0\n"})
    said: list[str] = []
    assert read_backgrounds(tmp_path, progress=said.append).terms == "Photo: me, CC0"
    assert len(said) == 1
    assert "notes.doc" in said[0]


def test_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="holds no picture; put JPEG, PNG or WebP files into it"):
        read_backgrounds(tmp_path)
    with pytest.raises(SiteError, match="cannot be listed"):
        read_backgrounds(tmp_path / "missing")
    write(tmp_path, {"broken.jpg": "no picture"})
    with pytest.raises(MediaError, match=r"broken\.jpg: not a picture"):
        read_backgrounds(tmp_path)


def shipped(tmp_path: Path) -> SiteBackgrounds:
    photo(tmp_path / "pictures" / "Our office.png", 320, 200)
    write(tmp_path / "pictures", {"CREDITS": "By one of us, for this site only."})
    return read_backgrounds(tmp_path / "pictures")


def test_the_site_carries_the_pictures_and_whose_they_are(tmp_path: Path) -> None:
    backgrounds = shipped(tmp_path)
    files = site_files(make_plan(tmp_path / "source", backgrounds=backgrounds))
    [entry] = json.loads(files["manifest.json"])["backgrounds"]
    assert re.fullmatch(r"media/background-[0-9a-f]{10}\.webp", entry["file"])
    assert entry | {"file": ""} == {
        "name": "our-office", "title": "Our office", "file": "", "width": 320, "height": 200,
    }  # fmt: skip
    assert files[entry["file"]] == backgrounds.pictures[0].data
    licences = files["licences.txt"].decode()
    assert "Background pictures of this site: Our office\nBy one of us, for this site" in licences


def test_the_page_offers_them_first() -> None:
    page = Page(render("en"))
    radios = [given for tag, given in page.tags if given.get("name") == "backdrop"]
    # The last one is what the tiles of a visitor's own pictures are made from.
    assert [given.get("value") for given in radios] == ["my-office", *BACKDROPS, None]
    assert [given["value"] for given in radios if "checked" in given] == ["my-office"]
    images = [given.get("src") for tag, given in page.tags if tag == "img"]
    assert "media/background-0123456789.webp" in images
    assert ("label", {"class": "tile tile-backdrop", "title": 'My "office"'}) in page.tags


def test_the_page_starts_with_the_effect_that_was_chosen() -> None:
    page = Page(render("en"))
    radios = [given for tag, given in page.tags if given.get("name") == "effect"]
    assert [given["value"] for given in radios] == list(PAGE_EFFECTS)
    assert [given["value"] for given in radios if "checked" in given] == ["blur"]
    [frame] = [given for tag, given in page.tags if given.get("id") == "frame"]
    assert frame["data-effect"] == "blur"


def test_a_site_can_begin_with_comments(tmp_path: Path) -> None:
    plan = make_plan(tmp_path / "site", default_effect=COMMENTS, template_dir=paths.template_dir())
    files = site_files(plan)
    page = Page(files["index.html"].decode())
    radios = [given for tag, given in page.tags if given.get("name") == "effect"]
    assert [given["value"] for given in radios if "checked" in given] == ["image"]
    site = re.search(r'id="site">(.*?)</script>', files["index.html"].decode())
    assert site is not None
    assert json.loads(site[1])["defaults"]["comments"] == {"on": True}


def test_an_address_makes_the_page_shareable() -> None:
    page = Page(render("zh", base="https://example.org/matte/"))
    assert ("link", {"rel": "canonical", "href": "https://example.org/matte/"}) in page.tags
    facts = {given.get("property"): given.get("content") for tag, given in page.tags}
    assert facts["og:url"] == "https://example.org/matte/"
    assert facts["og:image"] == "https://example.org/matte/media/demo-0123456789.jpg"
    assert facts["og:title"] == "自己的网站"
    # Everything else stays relative, so that the site works elsewhere too.
    for tag, given in page.tags:
        if tag in ("script", "img") or given.get("rel") in ("stylesheet", "manifest", "icon"):
            assert "example.org" not in (given.get("src", "") + given.get("href", ""))
    assert "canonical" not in render("zh")


@pytest.mark.parametrize(
    ("base", "kept"),
    [
        ("", ""),
        ("https://example.org", "https://example.org/"),
        ("http://127.0.0.1:8000/a/b/", "http://127.0.0.1:8000/a/b/"),
    ],
)
def test_addresses(base: str, kept: str) -> None:
    assert SiteChoices(base=base).base == kept


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"base": "example.org/matte"}, "no address of a site; write it like https://"),
        ({"base": "https://example.org/?a=b"}, "no address of a site"),
        ({"base": "https://[::1/"}, "no address of a site"),
        ({"base": "file:///tmp/"}, "no address of a site"),
        ({"title": "  "}, "the title is empty"),
        ({"default_effect": "sparkle"}, "the page has no effect 'sparkle'; choose one of: image,"),
        ({"default_effect": "sparkle"}, "mask, comments"),
        ({"webgpu": "jsep"}, "no WebGPU builds 'jsep'; choose one of: jspi, both, none"),
    ],
)
def test_choices_that_cannot_be_kept(choices: dict[str, str], message: str) -> None:
    with pytest.raises(SiteError, match=re.escape(message)):
        SiteChoices(**choices)  # type: ignore[arg-type]


def test_files_of_one_s_own_take_the_place_of_livematte_s(tmp_path: Path) -> None:
    own = tmp_path / "own"
    write(
        own,
        {
            "templates/index.html.j2": "<title>{{ locales.en.hello }}, {{ title }}</title>",
            "styles/app.css": "body { margin: 1em }\n",
            "locales/en.json": '{"hello": "Good day"}',
            "service-worker.js": "const MINE = '__BUILD__';\n",
            ".DS_Store": "litter",
        },
    )
    plain = site_files(make_plan(tmp_path / "source"))
    files = site_files(make_plan(tmp_path / "source", overlay=own))
    assert files["index.html"] == b"<title>Good day, Tiny &amp; true</title>"
    [style] = [data for name, data in files.items() if name.endswith("styles/app.css")]
    assert style == b"body { margin: 1em }\n"
    assert files["service-worker.js"].startswith(b"const MINE = '")
    # Whatever was not overridden is there as before.
    ends = {name.partition("/")[2]: data for name, data in files.items() if "engine-" in name}
    for name, data in plain.items():
        if "engine-" in name and not name.endswith("styles/app.css"):
            assert ends[name.partition("/")[2]] == data


def test_a_part_is_overridden_alone(tmp_path: Path) -> None:
    """As in the readme: one part of the page's real templates, and one of its real texts."""
    own = tmp_path / "own"
    write(own, {"templates/_parts/help.html.j2": "<p>{{ text('help.heading') }}, my own</p>"})
    write(own, {"locales/zh.json": '{"help.heading": "快捷键"}'})
    make_plan(tmp_path / "source")
    plan = make_plan(
        tmp_path / "source",
        template_dir=paths.template_dir(),
        overlay=own,
        locale="zh",
    )
    page = site_files(plan)["index.html"].decode()
    assert "<p>快捷键, my own</p>" in page
    assert '<html lang="zh">' in page


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("templates/_part/help.html.j2", "", "overrides nothing; did you mean templates/_parts/"),
        ("styles/apq.css", "", "overrides nothing; did you mean styles/app.css?"),
        ("notes.md", "", "overrides nothing; the names are those in Livematte's web_template/"),
        ("locales/en.json", '{"helo": "x"}', "has no text 'helo'; did you mean 'hello'?"),
        ("locales/en.json", '{"hello": 1}', "'hello' is no text"),
        ("locales/en.json", "[", "is no JSON"),
        ("templates/index.html.j2", "{{ nobody }}", "index.html.j2:1: 'nobody' is undefined"),
    ],
)
def test_slips_in_one_s_own_files(name: str, text: str, message: str, tmp_path: Path) -> None:
    plan = make_plan(tmp_path / "source")
    write(plan.template_dir, {"templates/_parts/help.html.j2": "help"})
    write(tmp_path / "own", {name: text})
    with pytest.raises(SiteError, match=re.escape(message)) as raised:
        site_files(make_plan(tmp_path / "source", overlay=tmp_path / "own"))
    assert str(tmp_path / "own") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_folders_that_override_nothing(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for folder in ("own", "missing"):
        with pytest.raises(LivematteError):
            site_files(make_plan(tmp_path / "source", overlay=tmp_path / folder))


def test_the_dev_server_follows_them(tmp_path: Path) -> None:
    choices = SiteChoices(backgrounds=tmp_path / "a", templates=tmp_path / "b")
    assert watched_paths((), choices)[-2:] == (tmp_path / "a", tmp_path / "b")


def test_the_webgpu_builds_are_those_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_node_modules: Path, webgpu: str) -> None:
        raise SiteError(f"asked for {webgpu}")

    monkeypatch.setattr(Runtime, "from_npm", refuse)
    for words, asked in (((), "jspi"), (("--webgpu", "both"), "both")):
        done = CliRunner().invoke(main, ["build", "--site", str(tmp_path / "site"), *words])
        assert f"asked for {asked}" in done.stderr


def test_other_webgpu_builds_are_another_site() -> None:
    found = {_fingerprint((), SiteChoices(webgpu=each), []) for each in WEBGPU_BUILDS}
    assert len(found) == 3
