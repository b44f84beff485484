"""The Python reference on pictures, videos and cameras; the model's alpha is the red channel."""

import resource
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import onnx
import pytest
from contract_models import constant_answer, matting
from media_maker import SIZE, half_red, read_video, red_model, write_video
from PIL import Image

from builder import camera, effects
from builder.effects import Effect
from builder.errors import ContractError, MediaError
from builder.predict import Prediction, Segmenter, predict_file
from builder.resample import resize
from builder.tracker import Tracker

MASK = Effect("mask")
CUTOUT = Effect("cutout")


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(red_model(24, 32))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "in.png"
    pixels = half_red(level=200)
    pixels[:8] = (0, 90, 0)  # no person in the uppermost rows
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    frames = [half_red(level=10 * i) for i in range(8)]
    return write_video(tmp_path / "in.mp4", frames, audio="aac", rate=Fraction(25))


def test_the_model_sees_rgb_from_0_to_1_at_its_own_size(segmenter: Segmenter) -> None:
    assert (segmenter.height, segmenter.width) == (24, 32)
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[..., 0] = 51
    picture[:, 32:, 0] = 255
    alpha = segmenter.model_alpha(picture)
    assert alpha.shape == (24, 32)
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha[:, :16], 0.2, atol=1e-6)
    np.testing.assert_allclose(alpha[:, 16:], 1, atol=1e-6)


def test_alpha_is_enlarged_bilinearly_to_the_picture(segmenter: Segmenter) -> None:
    alpha = segmenter.alpha(half_red())
    assert alpha.shape == SIZE
    np.testing.assert_allclose(alpha[10, 29:35], [1, 1, 0.75, 0.25, 0, 0], atol=1e-6)


def test_rows_and_columns_are_not_swapped(segmenter: Segmenter) -> None:
    picture = np.zeros((24, 32, 3), np.uint8)
    picture[3, 20, 0] = 255
    np.testing.assert_array_equal(np.argwhere(segmenter.model_alpha(picture)), [[3, 20]])


def test_a_model_comes_as_proto_bytes_or_file(tmp_path: Path) -> None:
    model = red_model(4, 6)
    onnx.save(model, tmp_path / "m.onnx")
    for source in (model, model.SerializeToString(), tmp_path / "m.onnx"):
        assert Segmenter(source).width == 6


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"no model", "cannot be run: .*; convert it first"),
        (b"", "cannot be run|does not keep the contract"),
        (Path("/gone.onnx"), "/gone.onnx: cannot be read: No such file"),
        (matting(names=("input", "alpha")), r"does not keep the contract.*'input'"),
        (matting(names=("frame", "output")), r"does not keep the contract.*'output'"),
    ],
)
def test_what_is_no_model_of_the_contract_is_refused(source, message: str) -> None:
    with pytest.raises(ContractError, match=message) as caught:
        Segmenter(source)
    assert "\n" not in str(caught.value)


def test_a_model_that_answers_nan_is_refused() -> None:
    segmenter = Segmenter(constant_answer(np.nan))
    with pytest.raises(ContractError, match="NaN"):
        segmenter.alpha(half_red())


def test_a_picture_keeps_its_size(segmenter: Segmenter, picture: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    done = predict_file(
        picture, tmp_path / "out.png", segmenter, CUTOUT,
        progress=lambda *step: steps.append(step),
    )  # fmt: skip
    assert steps == [(1, 1)]
    assert done == Prediction(tmp_path / "out.png", "picture", 64, 48, 1)
    with Image.open(tmp_path / "out.png") as image:
        written = np.asarray(image)
    # Bilinear alpha is 0.75 in column 31, 0.25 in column 32, and so in rows 8 and 7.
    expected = np.full((48, 64, 3), 255, np.uint8)
    expected[8:, :32] = (255, 0, 0)
    np.testing.assert_array_equal(written, expected)


def test_the_mask_is_the_alpha_in_grey(segmenter: Segmenter, picture: Path, tmp_path: Path) -> None:
    predict_file(str(picture), tmp_path / "out.png", segmenter, MASK, threshold=0.9)
    with Image.open(tmp_path / "out.png") as image:
        assert image.mode == "L"
        assert np.asarray(image)[20, 30:34].tolist() == [255, 191, 64, 0]


def test_threshold_and_ramp_reach_the_effect(
    segmenter: Segmenter, picture: Path, tmp_path: Path
) -> None:
    def column_32(effect: Effect, **settings) -> list[int]:
        predict_file(picture, tmp_path / "out.png", segmenter, effect, **settings)
        with Image.open(tmp_path / "out.png") as image:
            return np.asarray(image)[20, 32].tolist()

    assert column_32(CUTOUT, threshold=0.25) == [0, 0, 200]
    white = Effect("color", color=(255, 255, 255))
    assert column_32(white) == [191, 191, 241]  # a quarter of (0, 0, 200), three of white
    assert column_32(white, ramp=(0.3, 0.7)) == [255, 255, 255]


def test_an_upright_phone_picture_stays_upright(segmenter: Segmenter, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    stored = np.rot90(half_red(), 1)  # shown turned clockwise, the left half is red again
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "in.jpg", exif=exif)
    done = predict_file(tmp_path / "in.jpg", tmp_path / "out.png", segmenter, MASK)
    assert (done.width, done.height) == (64, 48)
    with Image.open(tmp_path / "out.png") as image:
        mask = np.asarray(image)
    assert mask[:, :28].min() > 245
    assert mask[:, 36:].max() < 10


@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out.mkv", "out.mov"])
def test_a_video_keeps_size_rate_and_length(
    segmenter: Segmenter, video: Path, tmp_path: Path, name: str
) -> None:
    steps: list[tuple[int, int | None]] = []
    done = predict_file(
        video, tmp_path / name, segmenter, Effect("color", color=(0, 255, 0)),
        progress=lambda *step: steps.append(step),
    )  # fmt: skip
    assert done == Prediction(tmp_path / name, "video", 64, 48, 8)
    assert steps == [(i, 8) for i in range(1, 9)]
    frames, times, rate, sounds = read_video(tmp_path / name)
    assert (len(frames), frames[0].shape, rate) == (8, (48, 64, 3), 25)
    # MKV knows no negative times: all is moved by the 21 ms that AAC starts early.
    start = 0.021 if name == "out.mkv" else 0
    assert [round(float(t), 3) for t in times] == [round(start + 0.04 * i, 3) for i in range(8)]
    assert sounds == ([] if name == "out.webm" else ["aac"])
    # The source's codec made the red 253, so alpha is 0.99 and the blend 251; two codecs' loss.
    for frame in frames:
        np.testing.assert_allclose(frame[:, :28].mean((0, 1)), (251, 2, 0), atol=5)
        np.testing.assert_allclose(frame[:, 36:].mean((0, 1)), (0, 255, 0), atol=5)


def test_each_frame_gets_its_own_alpha(segmenter: Segmenter, tmp_path: Path) -> None:
    frames = [np.zeros((48, 64, 3), np.uint8) for _ in range(6)]
    for i, frame in enumerate(frames):
        frame[..., 0] = 50 * i
    write_video(tmp_path / "in.mkv", frames)
    predict_file(tmp_path / "in.mkv", tmp_path / "out.mkv", segmenter, MASK)
    levels = [frame.mean() for frame in read_video(tmp_path / "out.mkv")[0]]
    np.testing.assert_allclose(levels, [50 * i for i in range(6)], atol=4)


def test_a_background_picture_is_scaled_once_for_a_whole_video(
    segmenter: Segmenter, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, ...]] = []

    def counted(image: np.ndarray, height: int, width: int) -> np.ndarray:
        sizes.append(image.shape)
        return resize(image, height, width)

    monkeypatch.setattr(effects, "resize", counted)
    background = Effect("image", image=np.full((10, 10, 3), 200, np.uint8))
    predict_file(video, tmp_path / "out.mp4", segmenter, background)
    assert sizes == [(10, 10, 3)]
    frame = read_video(tmp_path / "out.mp4")[0][3]
    np.testing.assert_allclose(frame[:, 36:], 200, atol=6)


def test_a_moving_gif_is_a_video(segmenter: Segmenter, tmp_path: Path) -> None:
    frames = [Image.fromarray(half_red(level=level)) for level in (0, 100, 200)]
    frames[0].save(tmp_path / "in.gif", save_all=True, append_images=frames[1:], duration=100)
    done = predict_file(tmp_path / "in.gif", tmp_path / "out.mp4", segmenter, MASK)
    assert done.frames == 3


def refusal(segmenter: Segmenter, source, output: Path, **settings) -> str:
    """The error's line; whatever was in the folder before must still be there, and no more."""
    before = {p: p.read_bytes() for p in output.parent.iterdir() if p.is_file()}
    with pytest.raises(MediaError) as caught:
        predict_file(source, output, segmenter, settings.pop("effect", MASK), **settings)
    after = {p: p.read_bytes() for p in output.parent.iterdir() if p.is_file()}
    assert after == before
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_sources_that_cannot_be_read_are_named(segmenter: Segmenter, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    (tmp_path / "text.jpg").write_text("hello")
    assert "text.jpg: not a picture or a video" in refusal(segmenter, tmp_path / "text.jpg", out)
    assert "gone.jpg: no such file" in refusal(segmenter, tmp_path / "gone.jpg", out)
    assert f"{tmp_path}: is a folder" in refusal(segmenter, tmp_path, out)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:1500])
    assert "cut.jpg: the picture is damaged" in refusal(segmenter, tmp_path / "cut.jpg", out)


def test_outputs_that_do_not_go_with_the_source(
    segmenter: Segmenter, picture: Path, video: Path, tmp_path: Path
) -> None:
    assert "write .png, .jpg or .webp" in refusal(segmenter, picture, tmp_path / "out.mp4")
    assert "write .mp4, .webm" in refusal(segmenter, video, tmp_path / "out.png")
    message = refusal(segmenter, picture, tmp_path / "out.gif")
    assert 'the suffix ".gif" is not known' in message
    assert "is the source itself" in refusal(segmenter, picture, picture)
    assert "is the source itself" in refusal(segmenter, video, video)


def test_an_output_that_cannot_be_written(
    segmenter: Segmenter, picture: Path, video: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    for source, name in ((picture, "out.png"), (video, "out.mp4")):
        with pytest.raises(MediaError, match=r"make the folder .*gone first"):
            predict_file(source, tmp_path / "gone" / name, segmenter, MASK)
    (tmp_path / "other" / "out.mp4").mkdir()
    assert "it is a folder" in refusal(segmenter, video, tmp_path / "other" / "out.mp4")


def test_a_video_without_frames_writes_nothing(segmenter: Segmenter, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("old")
    with av.open(str(tmp_path / "head.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    message = refusal(segmenter, tmp_path / "head.mkv", tmp_path / "out.mp4")
    assert "head.mkv: not a picture or a video" in message
    path = write_video(tmp_path / "cut.mp4", [half_red()] * 20)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"stco") - 4])  # sizes are there, places are not
    message = refusal(segmenter, path, tmp_path / "out.mp4")
    assert "cut.mp4: holds no frame" in message


def test_a_run_that_fails_half_way_leaves_the_old_output(
    segmenter: Segmenter, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(12)]
    path = write_video(tmp_path / "in.webm", noise, codec="libvpx-vp9")
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    path.write_bytes(path.read_bytes().replace(packets[9], b"\xff" * len(packets[9])))
    (tmp_path / "out.mp4").write_text("old")
    assert "in.webm: damaged after frame" in refusal(segmenter, path, tmp_path / "out.mp4")


@pytest.mark.parametrize("name", ["out.png", "out.webp", "out.mp4", "out.webm", "out.mkv"])
def test_a_full_disk_is_one_line_and_leaves_nothing(
    segmenter: Segmenter, tmp_path: Path, name: str
) -> None:
    rng = np.random.default_rng(0)
    # More frames than an encoder holds back, so that the disk is full before the end.
    noise = [rng.integers(0, 256, (96, 128, 3), np.uint8) for _ in range(60)]
    Image.fromarray(noise[0]).save(tmp_path / "in.png")
    write_video(tmp_path / "in.mp4", noise)
    source = "in.png" if name in ("out.png", "out.webp") else "in.mp4"
    (tmp_path / name).write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    image = Effect("image", image=noise[1])  # as hard to compress as the source
    # A limit for one file stands in for the disk: 2 kB can be written, the rest fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, before[1]))
    try:
        message = refusal(segmenter, tmp_path / source, tmp_path / name, effect=image)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert f"{name}: cannot be written: File too large" in message


def test_ctrl_c_in_a_file_leaves_nothing(segmenter: Segmenter, video: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_file(video, tmp_path / "out.mp4", segmenter, MASK, progress=interrupt)
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]


@pytest.fixture
def test_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg's own test picture in place of a device."""
    monkeypatch.setattr(camera, "camera_address", lambda _: ("testsrc=size=64x48:rate=25", "lavfi"))
    monkeypatch.setattr(camera, "_WANTED", {})


@pytest.mark.usefixtures("test_camera")
@pytest.mark.parametrize("source", [0, "0"])
def test_a_camera_is_recorded_for_some_seconds(
    segmenter: Segmenter, tmp_path: Path, source: int | str
) -> None:
    steps: list[int | None] = []
    done = predict_file(
        source, tmp_path / "out.mp4", segmenter, MASK, max_seconds=0.5,
        progress=lambda _, total: steps.append(total),
    )  # fmt: skip
    assert done.frames == 13  # 0 to 0.48 s, 25 a second
    assert steps == [None] * 13
    assert len(read_video(tmp_path / "out.mp4")[0]) == 13


@pytest.mark.usefixtures("test_camera")
def test_ctrl_c_ends_a_recording(segmenter: Segmenter, tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        if done == 4:
            raise KeyboardInterrupt

    done = predict_file(0, tmp_path / "out.mp4", segmenter, MASK, progress=interrupt)
    assert done.frames == 4
    assert len(read_video(tmp_path / "out.mp4")[0]) == 4
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


@pytest.mark.usefixtures("test_camera")
def test_a_camera_gives_one_picture_after_it_has_settled(
    segmenter: Segmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Black for ten frames, then red.
    source = "color=red:size=64x48:rate=25,fade=in:10:1"
    monkeypatch.setattr(camera, "camera_address", lambda _: (source, "lavfi"))
    done = predict_file(0, tmp_path / "out.png", segmenter, MASK)
    assert (done.kind, done.width, done.height) == ("picture", 64, 48)
    with Image.open(tmp_path / "out.png") as image:
        assert np.asarray(image).min() > 250


def test_a_file_named_like_a_number_is_a_file(
    segmenter: Segmenter, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture.rename(tmp_path / "7")
    assert predict_file("7", tmp_path / "out.png", segmenter, MASK).kind == "picture"


def test_a_camera_that_is_not_there(segmenter: Segmenter, tmp_path: Path) -> None:
    assert refusal(segmenter, "9999", tmp_path / "out.mp4").startswith("camera 9999: ")


def test_a_video_is_followed_and_blended_when_asked(segmenter: Segmenter, tmp_path: Path) -> None:
    """Levels that swing by noise: the blend halves the swing. A box that is looked at closer."""
    frames = []
    for i in range(12):
        rgb = np.zeros((96, 128, 3), np.uint8)
        rgb[33:65, 33:65, 0] = 200 + 10 * (i % 2)
        frames.append(rgb)
    video = write_video(tmp_path / "in.mp4", frames, rate=Fraction(25))

    def alphas(**how: bool) -> np.ndarray:
        tracker = Tracker(segmenter, **{"roi": False, "steadiness": 0, **how})
        predict_file(video, tmp_path / "out.mp4", tracker, MASK)
        return np.stack(
            [frame[..., 0].astype(int) for frame in read_video(tmp_path / "out.mp4")[0]]
        )

    def swing(found: np.ndarray) -> int:
        return int(np.ptp(found[-4:, 48, 48]))

    plain, smooth, closer = alphas(), alphas(steadiness=1), alphas(roi=True)
    assert swing(smooth) <= 0.6 * swing(plain)
    true = frames[0][..., 0].astype(int)
    assert np.abs(closer[0] - true).mean() < 0.8 * np.abs(plain[0] - true).mean()
