"""The choice of rewrites, on made-up times; what a tuning file holds, what a build makes of it."""

import json
from pathlib import Path

import onnx
import pytest
from recipe_maker import make_recipe
from rewriting import Net, ops

from builder import pipeline
from builder.errors import TuneError, VerifyError
from builder.rewrites import TUNED, Rewrite
from builder.tune.race import _Stand, choose, summary
from builder.tune.stored import (
    DEFAULT_REWRITES,
    Tuning,
    chosen_rewrites,
    read_tuning,
    tuning_path,
    write_tuning,
)


def network() -> Net:
    """A small network that keeps the contract; four rewrites apply to it."""
    net = Net((1, 3, 16, 24))
    x = net.add("Identity", net.input)
    y = net.conv(x, 4, 3, 5, strides=[2, 2], pads=[2] * 4)
    y = net.conv(net.add("Relu", y), 4, 4, 5, group=4, pads=[2] * 4)
    y = net.conv(net.resize(y, 1, 4, 16, 24), 1, 4)
    net.output = net.add("Sigmoid", y)
    return net


def model() -> onnx.ModelProto:
    net = network()
    made = net.model(net.output)
    for part in (made.graph.input, made.graph.node[0].input):
        if hasattr(part[0], "name"):
            part[0].name = "frame"
        else:
            part[0] = "frame"
    made.graph.node[-1].output[0] = made.graph.output[0].name = "alpha"
    return made


def cost(data: bytes, prices: dict[str, float]) -> float:
    return sum(prices.get(op, 1.0) for op in ops(onnx.load_from_string(data)))


def race_at(prices: dict[str, float]):
    return lambda first, second, _: cost(second, prices) / cost(first, prices)


def test_only_what_is_faster_is_kept() -> None:
    lines: list[str] = []
    prices = {"Resize": 50.0, "Transpose": 30.0, "MatMul": 1.0}
    kept, trials = choose(model(), race_at(prices), (1, 2), lines.append)
    assert "resize_matmul" in kept
    assert "depthwise_rows" not in kept
    tried = {trial.rewrite: trial for trial in trials}
    assert tried["resize_matmul"].kept
    assert tried["resize_matmul"].ratio["2"] < 1
    assert not tried["depthwise_rows"].kept
    assert tried["depthwise_rows"].ratio["1"] > 1
    assert len(lines) == len(trials)


def test_what_changes_nothing_is_neither_tried_nor_kept() -> None:
    kept, trials = choose(model(), race_at({"Resize": 50.0}), (1,), lambda _: None)
    names = {"gates", "split_sums", "clip_bounds", "conv_transpose"}
    assert not names & set(kept)
    assert not names & {trial.rewrite for trial in trials}


def test_what_is_as_fast_without_goes() -> None:
    kept, trials = choose(model(), lambda *_: 0.999, (1, 2), lambda _: None)
    assert kept == ()
    assert trials
    assert not any(trial.kept for trial in trials)


def test_a_set_that_is_no_faster_than_nothing_is_not_kept() -> None:
    plain = onnx.load_from_string(model().SerializeToString())

    def race(first: bytes, second: bytes, threads: int) -> float:
        # Each seems worth it beside the others, all of them together are not.
        return 1.1 if ops(onnx.load_from_string(first)) == ops(plain)[1:] else 0.9

    assert choose(model(), race, (1,), lambda _: None)[0] == ()


def test_both_numbers_of_threads_count() -> None:
    def race(first: bytes, second: bytes, threads: int) -> float:
        return {1: 0.9, 2: 1.2}[threads]

    kept, trials = choose(model(), race, (1, 2), lambda _: None)
    assert kept == ()
    assert not any(trial.kept for trial in trials)
    assert choose(model(), race, (1,), lambda _: None)[0] != ()


class Track:
    """Answers with times from a list, as the browser would."""

    def __init__(self, *, interference: float = 0.0, drift: float = 0.0) -> None:
        self.loaded: set[str] = set()
        self.races: list[tuple[int, int]] = []
        self._interference = interference
        self._drift = drift

    def load(self, name: str, _: bytes) -> None:
        self.loaded.add(name)

    def free(self, name: str) -> None:
        self.loaded.remove(name)

    def race(self, names, _, rounds, repeats):
        self.races.append((rounds, repeats))
        assert set(names) <= self.loaded
        rows = {}
        for place, name in enumerate(names):
            own = 4.0 + place
            rows[name] = [
                own
                + self._interference * (i % 3 == 0)  # a third of the turns is disturbed
                + self._drift * place * (i % 2)  # one of the two every other round
                for i in range(rounds)
            ]
        return rows


def test_disturbed_turns_do_not_count() -> None:
    track = Track(interference=25.0)
    assert _Stand(track, 30, 0.04).race(b"first", b"second", 1) == pytest.approx(5 / 4)


def test_a_turn_has_as_many_inferences_as_its_time_holds() -> None:
    track = Track()
    _Stand(track, 30, 0.04).race(b"first", b"second", 1)
    assert track.races == [(3, 1), (30, 4)]  # the slower one takes 5 ms, a turn is 20


def test_a_race_goes_on_while_its_halves_disagree_and_ends_with_the_reason() -> None:
    track = Track(drift=1.0)
    with pytest.raises(TuneError, match=r"too busy.*differ by 20%"):
        _Stand(track, 30, 0.04).race(b"first", b"second", 2)
    assert [rounds for rounds, _ in track.races] == [3, 30, 30, 60, 120]


def test_candidates_that_are_through_are_taken_out() -> None:
    track = Track()
    stand = _Stand(track, 10, 0.04)
    stand.race(b"first", b"second", 1)
    stand.race(b"first", b"second", 2)
    assert len(track.loaded) == 2
    stand.race(b"second", b"third", 1)
    assert len(track.loaded) == 2


TUNING = Tuning(
    rewrites=("resize_matmul",),
    runtime="onnxruntime-web 1",
    browser="Chromium 1",
    before_ms={"1": 4.0},
    after_ms={"1": 3.0},
    ratio={"1": 0.75},
    trials=(),
)


def test_a_tuning_is_written_and_read(tmp_path: Path) -> None:
    recipe = make_recipe().model_copy(update={"folder": tmp_path})
    assert read_tuning(recipe) is None
    assert chosen_rewrites(recipe) == DEFAULT_REWRITES
    assert write_tuning(recipe, TUNING) == tuning_path(recipe) == tmp_path / "small.tuning.json"
    assert read_tuning(recipe) == TUNING
    assert chosen_rewrites(recipe) == ("resize_matmul",)
    assert [path.name for path in tmp_path.iterdir()] == ["small.tuning.json"]
    assert "0.750 on 1 thread" in summary(TUNING)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"rewrites": 3}', TUNING.model_dump_json()[:-1] + ', "more": 1}']
)
def test_a_file_that_is_no_tuning_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    recipe = make_recipe().model_copy(update={"folder": tmp_path})
    tuning_path(recipe).write_text(text)
    with pytest.raises(TuneError, match=r"small\.tuning\.json: .*livematte build --tune") as caught:
        chosen_rewrites(recipe)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    recipe = make_recipe().model_copy(update={"folder": tmp_path / "none"})
    with pytest.raises(TuneError, match="cannot be written"):
        write_tuning(recipe, TUNING)


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIVEMATTE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small.onnx").write_bytes(model().SerializeToString())
    return make_recipe().model_copy(update={"folder": tmp_path})


def test_a_build_applies_the_stored_set_and_writes_down_what_it_measured(recipe) -> None:
    plain = pipeline.build_model(recipe, lambda _: None)
    assert [stage.name for stage in plain.stages] == ["import", "simplify", "rewrite"]
    write_tuning(recipe, TUNING)
    tuned = pipeline.build_model(recipe, lambda _: None)
    assert tuned.folder != plain.folder
    stage = tuned.stages[2]
    assert stage.rewrites == ("resize_matmul",)
    assert stage.max_abs_diff is not None
    assert stage.max_abs_diff < pipeline.REWRITE_TOLERANCE
    assert "MatMul" in ops(onnx.load_from_string(tuned.data("fp32")))
    assert "Resize" in ops(onnx.load_from_string(plain.data("fp32")))
    report = json.loads((tuned.folder / "model.json").read_text())
    assert report["stages"][2]["rewrites"] == ["resize_matmul"]


def test_a_rewrite_that_changes_the_answer_fails_the_build(recipe, monkeypatch) -> None:
    def spoil(given: onnx.ModelProto) -> onnx.ModelProto:
        spoiled = onnx.ModelProto()
        spoiled.CopyFrom(given)
        conv = next(node for node in spoiled.graph.node if node.op_type == "Conv")
        (bias,) = [t for t in spoiled.graph.initializer if t.name == conv.input[2]]
        bias.CopyFrom(
            onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(bias) + 0.1, bias.name)
        )
        return spoiled

    monkeypatch.setattr("builder.rewrites.TUNED", (Rewrite(DEFAULT_REWRITES[0], spoil),))
    with pytest.raises(VerifyError, match="rewrite: changes alpha"):
        pipeline.build_model(recipe, lambda _: None)


def test_a_name_of_a_rewrite_that_is_no_more_is_passed_over(recipe) -> None:
    write_tuning(recipe, TUNING.model_copy(update={"rewrites": ("gone", "resize_matmul")}))
    assert "MatMul" in ops(
        onnx.load_from_string(pipeline.build_model(recipe, lambda _: None).data("fp32"))
    )


def test_every_default_exists() -> None:
    assert set(DEFAULT_REWRITES) <= {rewrite.name for rewrite in TUNED}
