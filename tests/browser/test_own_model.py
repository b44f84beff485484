"""A visitor's own ONNX: it runs, or it is refused with a reason and nothing changes."""

import io
from pathlib import Path

import numpy as np
import onnx
import pytest
from browsers import Visits
from full_storage import open_without_room
from onnx import TensorProto, helper
from PIL import Image
from playwright.sync_api import expect
from visit import Visit

WIDTH, HEIGHT = 64, 32


def onnx_file(
    path: Path, *, output: str = "alpha", scale: float = 1.0, size: str | int = WIDTH
) -> Path:
    """A network whose alpha is the frame's red, times ``scale``."""
    nodes = [
        helper.make_node("Split", ["frame", "one"], ["r", "gb"], axis=1),
        helper.make_node("Mul", ["r", "scale"], [output]),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("frame", TensorProto.FLOAT, [1, 3, HEIGHT, size])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, 1, HEIGHT, size])],
        [
            helper.make_tensor("one", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("scale", TensorProto.FLOAT, [], [scale]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return path


@pytest.fixture
def visit(isolated_url: str, visits: Visits) -> Visit:
    visit = visits.open(f"{isolated_url}/")
    visit.wait_until_matted("demo")
    return visit


def test_it_runs(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.locator("#own-model-file").set_input_files(onnx_file(tmp_path / "red.onnx"))
    expect(page.locator("#status-model")).to_have_text("red.onnx")
    expect(page.locator("#model-facts")).to_contain_text("64 × 32")
    expect(page.locator("#live")).to_contain_text("red.onnx")
    assert page.locator("#model").input_value() == "red.onnx"
    # Red is person, as this model has it: a red picture is shown whole in the mask.
    visit.choose_effect("mask")
    red = io.BytesIO()
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[:, :80, 0] = 255
    Image.fromarray(picture).save(red, "PNG")
    page.locator("#file").set_input_files(
        {"name": "half.png", "mimeType": "image/png", "buffer": red.getvalue()}
    )
    visit.wait_until_matted("picture")
    page.wait_for_timeout(500)
    mask = visit.canvas()[..., 0]
    assert mask[60, 20] > 250
    assert mask[60, 140] < 5
    # And back to one of the site's.
    page.locator("#model").select_option("selfie")
    expect(page.locator("#status-model")).to_contain_text("square")


def test_it_can_be_dropped(visit: Visit, tmp_path: Path) -> None:
    visit.drop("#stage", onnx_file(tmp_path / "red.onnx"), "application/octet-stream")
    expect(visit.page.locator("#status-model")).to_have_text("red.onnx")


def test_it_is_there_again_after_a_reload(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    running, remove = page.locator("#status-model"), page.locator("#own-model-remove")
    expect(remove).to_be_hidden()
    page.locator("#model").select_option("selfie")
    page.locator("#own-model-file").set_input_files(onnx_file(tmp_path / "red.onnx"))
    expect(page.locator("#model-facts")).to_contain_text("kept in this browser")
    assert "model" not in page.url  # who gets the link has no such file
    page.reload()
    expect(running).to_have_text("red.onnx")
    expect(page.locator("#model-facts")).to_contain_text("64 × 32")
    # Another is chosen: at the next visit this one is only offered, and tried when it is wanted.
    page.locator("#model").select_option("selfie")
    expect(running).to_contain_text("square")
    page.reload()
    visit.wait_until_matted("demo")
    expect(running).to_contain_text("square")
    expect(remove).to_be_visible()
    page.locator("#model").select_option("red.onnx")
    expect(running).to_have_text("red.onnx")
    # Removed, it gives way at once, and for good; the keyboard stays where it was.
    remove.click()
    expect(running).to_contain_text("wide")
    expect(page.locator("#model")).to_be_focused()
    expect(remove).to_be_hidden()
    page.reload()
    visit.wait_until_matted("demo")
    expect(running).to_contain_text("wide")
    assert page.locator("#model option").count() == 3


def test_where_there_is_no_room_it_runs_and_it_is_said(
    isolated_url: str, visits: Visits, tmp_path: Path
) -> None:
    visit = open_without_room(visits, isolated_url)
    page = visit.page
    page.locator("#own-model-file").set_input_files(onnx_file(tmp_path / "red.onnx"))
    expect(page.locator("#status-model")).to_have_text("red.onnx")
    expect(page.locator('[data-code="model-not-kept"]')).to_contain_text("没有空间")
    expect(page.locator("#model-facts")).to_contain_text("关闭页面后不保留")


def test_what_does_not_keep_the_contract_is_refused(visit: Visit, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network")
    page = visit.page
    for file, reason in (
        (damaged, "no ONNX file that this browser can run"),
        (onnx_file(tmp_path / "mask.onnx", output="mask"), "Its output is not “alpha”"),
        (onnx_file(tmp_path / "logits.onnx", scale=9.0), "no probability from 0 to 1"),
        (onnx_file(tmp_path / "open.onnx", size="W"), "no fixed size"),
    ):
        page.locator("#own-model-file").set_input_files(file)
        notice = page.locator('[data-code="model-refused"]')
        expect(notice).to_contain_text(f"{file.name} was not taken.")
        expect(notice).to_contain_text(reason)
        expect(notice).to_contain_text("livematte convert")
    # The model that ran goes on.
    expect(page.locator("#status-model")).to_contain_text("wide")
    assert page.locator("#model").input_value() == "auto"
    frames = visit.frames_shown()
    page.wait_for_timeout(700)
    assert visit.frames_shown() > frames


def test_the_engine_takes_a_file_too(isolated_url: str, visits: Visits, tmp_path: Path) -> None:
    visit = visits.open(f"{isolated_url}/manifest.json")
    visit.start_engine()
    data = list(onnx_file(tmp_path / "red.onnx").read_bytes())
    facts = visit.page.evaluate(
        """async (bytes) => {
          const file = { name: 'red.onnx', bytes: Uint8Array.from(bytes) };
          const { name, width, height } = await livematte.matte.setModel(file);
          const refused = await livematte.matte.setModel(new Blob(['x'])).catch((error) => error);
          return { name, width, height, code: refused.code, why: refused.detail };
        }""",
        data,
    )
    assert facts == {
        "name": "red.onnx", "width": 64, "height": 32, "code": "model-refused", "why": "no-model",
    }  # fmt: skip
    assert visit.stats["model"] == "red.onnx"
