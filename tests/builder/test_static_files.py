"""One file of a folder: coding, validators, ranges, and nothing from outside the folder."""

import gzip
import os
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header
from werkzeug.test import TestResponse

from builder.serve import create_app
from builder.static_files import choose_coding, read_inside

DATA = bytes(range(256)) * 4


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "models").mkdir(parents=True)
    (site / "index.html").write_text("<head></head>start")
    (site / "clip.webm").write_bytes(DATA)
    (site / "empty.txt").write_bytes(b"")
    for name in ("matte.js", "models/m-0123456789.onnx"):
        text = name.encode() * 100
        (site / name).write_bytes(text)
        (site / f"{name}.br").write_bytes(brotli.compress(text))
        (site / f"{name}.gz").write_bytes(gzip.compress(text))
    (tmp_path / "secret.txt").write_text("secret")
    return site


@pytest.fixture
def client(site: Path) -> FlaskClient:
    return create_app(site).test_client()


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers=named)


def test_a_file_as_it_is(client: FlaskClient) -> None:
    answer = get(client, "/clip.webm")
    assert (answer.status_code, answer.data) == (200, DATA)
    assert answer.content_type == "video/webm"
    assert answer.headers["Content-Length"] == "1024"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Content-Encoding" not in answer.headers
    assert "Vary" not in answer.headers


def test_hashed_files_are_kept(client: FlaskClient) -> None:
    answer = get(client, "/models/m-0123456789.onnx")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type == "application/octet-stream"


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("", None),
        ("deflate", None),
        ("identity", None),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0.8, gzip;q=0.8", "br"),
        ("gzip;q=0.001", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0.2, *;q=0.1", "gzip"),
        ("identity;q=1, *;q=0", None),  # what browsers send for a video
        ("identity;q=1, br;q=0.5", None),
        ("identity;q=0.5, br;q=0.6", "br"),
        ("*;q=0", None),
        ("BR", "br"),
        ("br;q=nonsense", None),
        (",,;q=;;br", None),
    ],
)
def test_coding_by_accept_encoding(client: FlaskClient, accept: str, coding: str | None) -> None:
    answer = get(client, "/matte.js", Accept_Encoding=accept)
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.content_type == "text/javascript; charset=utf-8"
    undo = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert undo(answer.data) == b"matte.js" * 100


def test_a_missing_copy_is_not_chosen(site: Path, client: FlaskClient) -> None:
    (site / "matte.js.br").unlink()
    assert get(client, "/matte.js", Accept_Encoding="br, gzip").content_encoding == "gzip"
    assert choose_coding(parse_accept_header("br", Accept), []) is None


def test_a_copy_asked_for_by_name_is_only_bytes(site: Path, client: FlaskClient) -> None:
    answer = get(client, "/matte.js.br", Accept_Encoding="br")
    assert answer.data == (site / "matte.js.br").read_bytes()
    assert answer.content_type == "application/octet-stream"
    assert "Content-Encoding" not in answer.headers


def test_etags_differ_by_coding_and_content(site: Path, client: FlaskClient) -> None:
    tags = [
        get(client, "/matte.js", Accept_Encoding=coding).headers["ETag"]
        for coding in ("br", "gzip", "identity")
    ]
    again = get(client, "/matte.js").headers["ETag"]
    before = (site / "matte.js").stat()
    (site / "matte.js").write_bytes(b"mattE.js" * 100)
    os.utime(site / "matte.js", ns=(before.st_atime_ns, before.st_mtime_ns))
    changed = get(client, "/matte.js").headers["ETag"]
    assert len({*tags, changed}) == 4
    assert again == tags[2]
    assert all(tag.startswith('"') for tag in tags)  # strong


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
def test_not_modified(client: FlaskClient, form: str) -> None:
    first = get(client, "/matte.js", Accept_Encoding="br")
    answer = get(
        client,
        "/matte.js",
        Accept_Encoding="br",
        If_None_Match=form.format(tag=first.headers["ETag"]),
    )
    assert (answer.status_code, answer.data) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control"):
        assert answer.headers[name] == first.headers[name]


def test_modified(client: FlaskClient) -> None:
    other = get(client, "/matte.js", Accept_Encoding="gzip").headers["ETag"]
    for tag in (other, '"x"', "nonsense", '"'):
        assert get(client, "/matte.js", If_None_Match=tag).status_code == 200


@pytest.mark.parametrize(
    ("span", "content_range", "start", "end"),
    [
        ("bytes=0-9", "bytes 0-9/1024", 0, 10),
        ("bytes=1000-", "bytes 1000-1023/1024", 1000, 1024),
        ("bytes=1000-9999", "bytes 1000-1023/1024", 1000, 1024),
        ("bytes=-24", "bytes 1000-1023/1024", 1000, 1024),
        ("bytes=-9999", "bytes 0-1023/1024", 0, 1024),
        ("bytes=1023-1023", "bytes 1023-1023/1024", 1023, 1024),
        ("Bytes=5-5", "bytes 5-5/1024", 5, 6),
    ],
)
def test_ranges(client: FlaskClient, span: str, content_range: str, start: int, end: int) -> None:
    answer = get(client, "/clip.webm", Range=span)
    assert answer.status_code == 206
    assert answer.data == DATA[start:end]
    assert answer.headers["Content-Range"] == content_range
    assert answer.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("span", ["bytes=1024-", "bytes=1024-2000", "bytes=-0"])
def test_ranges_outside(client: FlaskClient, span: str) -> None:
    answer = get(client, "/clip.webm", Range=span)
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */1024"


def test_no_range_of_an_empty_file(client: FlaskClient) -> None:
    assert get(client, "/empty.txt").data == b""
    assert get(client, "/empty.txt", Range="bytes=0-").headers["Content-Range"] == "bytes */0"


@pytest.mark.parametrize(
    "span",
    ["bytes=9-0", "bytes=", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,5-6", "bytes=--1",
     "bytes=" + "9" * 5000 + "-", "bytes=٣-٤", "0-1", "bytes 0-1"],
)  # fmt: skip
def test_ranges_that_are_none_are_ignored(client: FlaskClient, span: str) -> None:
    answer = get(client, "/clip.webm", Range=span.encode().decode("latin-1"))
    assert (answer.status_code, answer.data) == (200, DATA)


def test_ranges_are_of_the_file_itself(client: FlaskClient) -> None:
    answer = get(client, "/matte.js", Range="bytes=0-7", Accept_Encoding="br")
    assert (answer.status_code, answer.data) == (206, b"matte.js")
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_if_range(client: FlaskClient) -> None:
    plain = get(client, "/matte.js").headers["ETag"]
    coded = get(client, "/matte.js", Accept_Encoding="br").headers["ETag"]
    wanted = {plain: 206, coded: 200, f"W/{plain}": 200, "Tue, 01 Jan 2030 00:00:00 GMT": 200}
    for value, status in wanted.items():
        answer = get(client, "/matte.js", Range="bytes=0-7", If_Range=value)
        assert answer.status_code == status, value


def test_not_modified_comes_before_range(client: FlaskClient) -> None:
    tag = get(client, "/clip.webm").headers["ETag"]
    assert get(client, "/clip.webm", Range="bytes=0-1", If_None_Match=tag).status_code == 304


def test_head(client: FlaskClient) -> None:
    for path in ("/clip.webm", "/matte.js", "/"):
        full = client.get(path, headers={"Accept-Encoding": "br"})
        head = client.head(path, headers={"Accept-Encoding": "br", "Range": "bytes=0-1"})
        assert (head.status_code, head.data) == (200, b"")
        assert dict(head.headers) == dict(full.headers)


@pytest.mark.parametrize(
    "name",
    ["../secret.txt", "models/../../secret.txt", "/etc/passwd", "models/../clip.webm", ".",
     "..", "", "models", "models/", "models//m-0123456789.onnx", "./clip.webm", ".hidden",
     "models/.hidden", "..\\secret.txt", "c:clip.webm", "clip.webm\0", "clip.webm/", "\udcff",
     "x" * 300, "clip.webm/x", "link.txt", "linked/secret.txt", "circle", "missing/../clip.webm",
     "pipe"],
)  # fmt: skip
def test_nothing_but_the_folders_own_files(site: Path, name: str) -> None:
    (site / ".hidden").write_text("hidden")
    (site / "models" / ".hidden").write_text("hidden")
    (site / "link.txt").symlink_to(site.parent / "secret.txt")
    (site / "linked").symlink_to(site.parent)
    (site / "circle").symlink_to(site / "circle")
    os.mkfifo(site / "pipe")
    assert read_inside(site, name) is None


def test_links_inside_are_followed(site: Path) -> None:
    (site / "again.webm").symlink_to("clip.webm")
    assert read_inside(site, "again.webm") == DATA
    other = site.parent / "link to site"
    other.symlink_to(site)
    assert read_inside(other, "clip.webm") == DATA


def test_a_copy_that_leads_outside_is_not_used(site: Path, client: FlaskClient) -> None:
    (site / "matte.js.br").unlink()
    (site / "matte.js.br").symlink_to(site.parent / "secret.txt")
    answer = get(client, "/matte.js", Accept_Encoding="br")
    assert answer.data == b"matte.js" * 100


def test_a_missing_folder(tmp_path: Path) -> None:
    assert read_inside(tmp_path / "missing", "index.html") is None
