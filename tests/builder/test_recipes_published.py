"""The recipes of published models, each tried on a small network with the model's own signature.

The weights themselves are not on the machines that run the tests. Names, shapes, types, layout,
normalisation and head are the published ones; what an author would do around the model is written
out here by hand.
"""

import io
import zipfile
from urllib.parse import urlsplit

import numpy as np
import paddle_maker
import pytest
from contract_networks import build, frames, ops, run, value, weight

from builder import verify
from builder.build import DEFAULT_MODELS
from builder.contract import check_contract, states, to_contract
from builder.errors import ContractError
from builder.importers import import_model
from builder.recipe import UrlSource, all_recipes, load_recipe
from builder.simplify import simplify

# Sums of up to a few hundred float32 products, in another order.
ROUNDING = 1e-5

PADDLE = {
    "pphumanseg-v2-lite": (192, 192),
    "pphumanseg-v2-lite-portrait": (144, 256),
    "pphumanseg-v2-mobile": (192, 192),
}
PUBLISHED = ("modnet", "pphumanseg-v1-mobile", "rvm", "u2netp", *PADDLE)
IMAGENET = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
HALVES = np.full(3, 0.5), np.full(3, 0.5)


def normalised(frame, mean, std):
    """What is fed by the authors: [1, 3, H, W], RGB."""
    spread = (1, 3, 1, 1)
    return ((frame - mean.reshape(spread)) / std.reshape(spread)).astype(np.float32)


def test_every_published_model_is_here_and_none_is_built_unasked():
    names = {recipe.name for recipe in all_recipes()}
    assert names >= {*PUBLISHED, *DEFAULT_MODELS}
    assert not set(DEFAULT_MODELS) & set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_facts(name):
    recipe = load_recipe(name)
    assert isinstance(recipe.source, UrlSource)
    assert recipe.source.url.startswith("https://")
    if name in PADDLE:  # their authors publish neither; the first download is pinned
        assert recipe.source.sha256 is None
    else:
        assert recipe.source.sha256
        assert recipe.source.size
    assert recipe.licence in ("Apache-2.0", "GPL-3.0-only")
    assert urlsplit(recipe.homepage).netloc == "github.com"
    assert recipe.published
    for figure in recipe.published:
        assert urlsplit(figure.source).netloc in ("arxiv.org", "github.com")
    assert any("\u4e00" <= char <= "\u9fff" for char in recipe.title.zh)


def kept_by(name, model):
    recipe = load_recipe(name)
    kept = to_contract(model, recipe)
    size = recipe.input.height, recipe.input.width
    assert check_contract(kept) == size
    simplified = simplify(kept)
    seen = frames(2, size)
    assert verify.compare(kept, simplified, seen).max_abs_diff < ROUNDING
    return kept, seen


def test_pphumanseg():
    """Two classes behind a softmax; the network begins with a padded, strided convolution."""
    model = build(
        [
            ("Conv", ["x", "w"], ["a"], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
            ("Relu", ["a"], ["b"], {}),
            ("Conv", ["b", "v"], ["c"], {}),
            ("Resize", ["c", "none", "none", "full"], ["d"],
             {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
            ("Transpose", ["d"], ["e"], {"perm": [0, 2, 3, 1]}),
            ("Softmax", ["e"], ["f"], {"axis": 3}),
            ("Transpose", ["f"], ["save_infer_model/scale_0.tmp_1"], {"perm": [0, 3, 1, 2]}),
        ],
        [value("x", [1, 3, 192, 192])],
        [value("save_infer_model/scale_0.tmp_1", [1, 2, 192, 192])],
        {"w": weight(4, 3, 3, 3), "v": weight(2, 4, 1, 1, seed=1),
         "full": np.array([1, 2, 192, 192]), "none": np.zeros(0, np.float32)},
        opset=11,
    )  # fmt: skip
    kept, seen = kept_by("pphumanseg-v1-mobile", model)
    assert ops(kept)[:2] == ["Sub", "Conv"]
    for frame in seen:
        answer = run(model, {"x": normalised(frame, *HALVES)})[0]
        found = run(kept, {"frame": frame})[0]
        np.testing.assert_allclose(found, answer[:, 1:], rtol=0, atol=ROUNDING)
        assert np.ptp(found) > 0.1


@pytest.mark.parametrize("name", PADDLE)
def test_pphumanseg_of_paddle(name):
    """An archive with a folder; two classes behind a softmax, in Paddle's own form."""
    height, width = PADDLE[name]
    recipe = load_recipe(name)
    assert (recipe.format, recipe.input.height, recipe.input.width) == ("paddle", height, width)
    program, parameters, _ = paddle_maker.segmenter(height, width)
    packed = io.BytesIO()
    folder = recipe.source.url.rsplit("/", 1)[1].removesuffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{folder}/deploy.yaml", "Deploy:")
        archive.writestr(f"{folder}/model.pdmodel", program)
        archive.writestr(f"{folder}/model.pdiparams", parameters)
    model = import_model(packed.getvalue(), recipe.format, recipe.source.url)
    kept, seen = kept_by(name, model)
    for frame in seen:
        answer = run(model, {"x": normalised(frame, *HALVES)})[0]
        found = run(kept, {"frame": frame})[0]
        np.testing.assert_allclose(found, answer[:, 1:], rtol=0, atol=ROUNDING)
        assert np.ptp(found) > 0.1


def test_u2netp():
    """Seven maps under numbers for names; the first is the one."""
    maps = [str(number) for number in range(1959, 1966)]
    nodes = [("Conv", ["input.1", "w"], ["c"], {"pads": [1, 1, 1, 1]})]
    weights = {"w": weight(4, 3, 3, 3)}
    for number, name in enumerate(maps):
        weights[f"v{number}"] = weight(1, 4, 1, 1, seed=number)
        nodes.append(("Conv", ["c", f"v{number}"], [f"raw{number}"], {}))
        nodes.append(("Sigmoid", [f"raw{number}"], [name], {}))
    model = build(
        nodes,
        [value("input.1", [1, 3, 320, 320])],
        [value(name, [1, 1, 320, 320]) for name in maps],
        weights,
        opset=11,
    )
    kept, seen = kept_by("u2netp", model)
    assert ops(kept) == ["Sub", "Conv", "Conv", "Sigmoid"]
    for frame in seen:
        answer = run(model, {"input.1": normalised(frame, *IMAGENET)}, ["1959"])[0]
        np.testing.assert_allclose(run(kept, {"frame": frame})[0], answer, rtol=0, atol=ROUNDING)


def test_modnet():
    """Open sizes; the picture is looked at twice, so its convention cannot be folded."""
    model = build(
        [
            ("Conv", ["input", "w"], ["a"], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
            ("Relu", ["a"], ["b"], {}),
            ("Resize", ["input", "none", "half"], ["small"],
             {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}),
            ("Concat", ["b", "small"], ["both"], {"axis": 1}),
            ("Conv", ["both", "v"], ["c"], {}),
            ("Resize", ["c", "none", "double"], ["d"],
             {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}),
            ("Sigmoid", ["d"], ["output"], {}),
        ],
        [value("input", ["batch_size", 3, "height", "width"])],
        [value("output", ["batch_size", 1, "height", "width"])],
        {"w": weight(4, 3, 3, 3), "v": weight(1, 7, 1, 1, seed=1), "none": np.zeros(0, np.float32),
         "half": np.float32([1, 1, 0.5, 0.5]), "double": np.float32([1, 1, 2, 2])},
        opset=11,
    )  # fmt: skip
    kept, seen = kept_by("modnet", model)
    for frame in seen:
        answer = run(model, {"input": normalised(frame, *HALVES)})[0]
        np.testing.assert_allclose(run(kept, {"frame": frame})[0], answer, rtol=0, atol=ROUNDING)


# The states' channels, and the share of the size at which each is.
STATES = {"r1": (16, 2), "r2": (20, 4), "r3": (40, 8), "r4": (64, 16)}


def video_matting():
    """As the exporter writes it: open sizes, and states that are spread over the picture."""
    nodes = [
        ("Concat", ["one", "one", "downsample_ratio", "downsample_ratio"], ["scales"], {"axis": 0}),
        ("Resize", ["src", "none", "scales"], ["seen"],
         {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"}),
    ]  # fmt: skip
    weights = {"one": np.float32([1]), "none": np.zeros(0, np.float32)}
    last, channels = "seen", 3
    for number, (name, (width, _)) in enumerate(STATES.items()):
        weights[f"{name}_w"] = weight(width, channels, 2, 2, seed=number)
        nodes += [
            ("Conv", [last, f"{name}_w"], [f"{name}_now"], {"strides": [2, 2]}),
            ("Shape", [f"{name}_now"], [f"{name}_shape"], {}),
            ("Expand", [f"{name}i", f"{name}_shape"], [f"{name}_old"], {}),
            ("Add", [f"{name}_now", f"{name}_old"], [f"{name}_sum"], {}),
            ("Tanh", [f"{name}_sum"], [f"{name}o"], {}),
        ]
        last, channels = f"{name}o", width
    weights |= {"level_w": weight(1, 64, 1, 1, seed=8) * 0.1, "fine_w": weight(1, 16, 1, 1, seed=9),
                "double": np.float32([1, 1, 2, 2])}  # fmt: skip
    nodes += [
        ("GlobalAveragePool", [last], ["pooled"], {}),
        ("Conv", ["pooled", "level_w"], ["level"], {}),
        ("Conv", ["r1o", "fine_w"], ["fine"], {}),
        ("Add", ["fine", "level"], ["raw"], {}),
        ("Resize", ["raw", "none", "double"], ["full"],
         {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"}),
        ("Sigmoid", ["full"], ["pha"], {}),
        ("Mul", ["src", "pha"], ["fgr"], {}),
    ]  # fmt: skip
    open_sizes = ["batch_size", "channels", "height", "width"]
    return build(
        nodes,
        [value("src", ["batch_size", 3, "height", "width"]),
         *(value(f"{name}i", open_sizes) for name in STATES), value("downsample_ratio", [1])],
        [value("fgr", ["batch_size", 3, "height", "width"]),
         value("pha", ["batch_size", 1, "height", "width"]),
         *(value(f"{name}o", open_sizes) for name in STATES)],
        weights,
        opset=12,
    )  # fmt: skip


def test_robust_video_matting():
    """Its authors' loop: states of one zero at first, then what the last frame gave."""
    model = video_matting()
    kept, _ = kept_by("rvm", model)
    assert [state.shape for state in states(kept)] == [
        (1, channels, 288 // share, 512 // share) for channels, share in STATES.values()
    ]
    assert [given.name for given in kept.graph.input][1:] == [f"state{n}_in" for n in range(4)]
    carried = {f"{name}i": np.zeros((1, 1, 1, 1), np.float32) for name in STATES}
    seen = frames(3, (288, 512))
    found = verify.run(kept, seen)
    for frame, alpha in zip(seen, found, strict=True):
        feeds = {"src": frame, "downsample_ratio": np.float32([1]), **carried}
        answer, *given = run(model, feeds, ["pha", *(f"{name}o" for name in STATES)])
        carried = dict(zip(carried, given, strict=True))
        np.testing.assert_allclose(alpha, answer, rtol=0, atol=ROUNDING)
        assert np.ptp(alpha) > 0.1
    # The states do matter.
    assert np.abs(found[1] - verify.run(kept, [seen[1]])[0]).max() > 0.01
    assert "fgr" not in {name for node in kept.graph.node for name in node.output}


def test_another_models_file_under_a_recipe_is_refused():
    model = video_matting()
    for name in ("modnet", "u2netp", "pphumanseg-v1-mobile"):
        with pytest.raises(ContractError):
            to_contract(model, load_recipe(name))
