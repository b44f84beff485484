"""The build report: every figure of the build, under the site's own policy, in every scheme."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import onnx
import pytest
from contract_models import matting
from tiny_site import make_node_modules

from builder import pipeline, report_plots
from builder.recipe import load_recipe
from builder.report import report_files
from builder.site_plan import Runtime

RECIPE = """
name = "tiny"
licence = "GPL-3.0-only"
homepage = "https://example.org/tiny"
format = "onnx"
title = { en = "Tiny <b>", zh = "小" }
source = { path = "tiny.onnx" }
input = { width = 24, height = 16, layout = "NCHW" }
output = { kind = "alpha" }
[[published]]
metric = "mIoU"
value = 0.93
dataset = "somebody's"
source = "https://example.org/paper"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    onnx.save(matting(16, 24), folder / "tiny.onnx")
    (folder / "tiny.toml").write_text(RECIPE, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline.paths, "cache_dir", lambda: folder / "cache")
        return pipeline.build_model(load_recipe(folder / "tiny.toml"), lambda _: None)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    return Runtime.from_npm(make_node_modules(tmp_path_factory.mktemp("npm")))


@pytest.fixture(scope="module")
def files(built, runtime):
    return report_files([built], runtime)


def test_it_tells_everything(built, files):
    page = files["report.html"].decode()
    for word in ("Tiny &lt;b&gt;", "GPL-3.0-only", "https://example.org/tiny", "24×16",
                 "mIoU 0.93 on somebody&#39;s", "MACs", "parameters"):  # fmt: skip
        assert word in page
    for stage in ("import", "simplify", "rewrite"):
        assert f"<td>{stage}</td>" in page
    for variant in (*built.variants, *built.rejected):
        assert f"<td>{variant.name}</td>" in page
        assert f"<td>{variant.iou:.4f}</td>" in page
    macs = 16 * 24 * (16 * 27 + 16 * 9)
    assert f"{macs / 1e6:.1f} million" in page


def test_everything_that_it_shows_is_there(files):
    page = files["report.html"].decode()
    shown = set(re.findall(r'(?:src|href)="(report/[^"]+)"', page))
    assert shown == set(files) - {"report.html"}
    assert len([path for path in shown if path.endswith(".webp")]) == 3


def test_it_lives_under_the_site_s_policy(files):
    """No scripts, no inline styles, nothing from elsewhere."""
    page = files["report.html"].decode()
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)
    assert not re.search(r'<(?:img|link)[^>]*(?:src|href)="(?:https?:)?//', page)


def test_phones_and_the_dark(files):
    style = next(data.decode() for path, data in files.items() if path.endswith(".css"))
    assert "prefers-color-scheme: dark" in style
    assert "overflow-x: auto" in style
    assert 'name="viewport"' in files["report.html"].decode()


def test_plots_are_svg_that_follow_the_scheme(files):
    plots = [data.decode() for path, data in files.items() if path.endswith(".svg")]
    assert plots
    for plot in plots:
        ET.fromstring(plot)
        assert "prefers-color-scheme: dark" in plot
        assert "var(--ink)" in plot
        assert "#0102" not in plot
        assert "<text" in plot  # not outlines: readable, searchable and small


def test_two_reports_are_the_same_bytes(built, files, runtime):
    assert report_files([built], runtime) == files


def test_it_tells_what_the_runtime_is_reduced_to(built, files, runtime, tmp_path):
    assert "onnxruntime-web 9.8.7, 0.0 MB of WebAssembly.<" in files["report.html"].decode()
    reduced = tmp_path / "reduced.wasm"
    reduced.write_bytes(bytes(1_500_000))
    page = report_files([built], replace(runtime, reduced=reduced))["report.html"].decode()
    assert "of WebAssembly, reduced to the 1.5 MB that they call.<" in page


def test_a_plot_says_its_numbers():
    plot = report_plots.bars("Sizes", "kB", ["a", "b"], {"one": [1.5, None], "two": [2.25, 3]})
    text = plot.decode()
    for word in ("Sizes", "kB", ">one<", ">two<", "1.5", "2.25"):
        assert word in text
    assert plot == report_plots.bars(
        "Sizes", "kB", ["a", "b"], {"one": [1.5, None], "two": [2.25, 3]}
    )
