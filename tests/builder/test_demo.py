"""The demonstration clip: it is what it says it is, and it is the same every time."""

import itertools
import re
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from builder import build, paths
from builder.backgrounds import SCENES, scene
from builder.demo import DemoClip, portrait, write_mjpeg, write_poster, write_webm, write_y4m
from builder.errors import MediaError

SMALL = {"width": 160, "height": 90, "fps": 10, "seconds": 2}


@pytest.fixture
def clip() -> DemoClip:
    return DemoClip(**SMALL)


def test_portrait_has_a_soft_matte_of_one_person() -> None:
    rgb, alpha = portrait()
    assert (rgb.shape, rgb.dtype) == ((512, 512, 3), np.uint8)
    assert (alpha.shape, alpha.dtype) == ((512, 512), np.float32)
    assert (alpha.min(), alpha.max()) == (0, 1)
    assert alpha[100, 220] == 1  # the face
    assert alpha[50, 30] == alpha[50, 420] == 0  # where the flag and the shuttle were
    assert 0.4 < alpha.mean() < 0.6
    soft = ((alpha > 0.02) & (alpha < 0.98)).sum()
    assert 500 < soft < 10_000  # an outline with soft edges, not a cloud


def test_portrait_carries_nothing_of_its_old_background() -> None:
    rgb, alpha = portrait()
    # The old wall is light grey (about 200, 190, 190), the hair brown: what is left of the wall
    # beside the hair would be seen as bright colours in the half-transparent pixels.
    band = (alpha > 0.05) & (alpha < 0.6)
    band[120:] = False
    assert band.sum() > 100
    assert np.median(rgb[band].max(axis=-1)) < 150


@pytest.mark.parametrize("name", SCENES)
def test_scenes_are_drawn_the_same_each_time(name: str) -> None:
    first = scene(name, 90, 200).copy()
    scene.cache_clear()
    again = scene(name, 90, 200)
    assert (first.shape, first.dtype) == ((90, 200, 3), np.uint8)
    assert np.array_equal(first, again)
    assert first.std() > 15  # not a plain wall


def test_scenes_differ() -> None:
    for one, other in itertools.combinations(SCENES, 2):
        difference = scene(one, 90, 200).astype(int) - scene(other, 90, 200)
        assert np.abs(difference).mean() > 20


def test_frames_have_the_promised_shape_and_range(clip: DemoClip) -> None:
    assert len(clip) == 20
    rgb, alpha = clip.frame(3)
    assert (rgb.shape, rgb.dtype) == ((90, 160, 3), np.uint8)
    assert (alpha.shape, alpha.dtype) == ((90, 160), np.float32)
    assert (alpha.min(), alpha.max()) == (0, 1)


def test_the_same_frame_is_the_same_in_every_clip(clip: DemoClip) -> None:
    for index in (0, 7, 13):
        rgb, alpha = clip.frame(index)
        rgb_again, alpha_again = DemoClip(**SMALL).frame(index)
        assert np.array_equal(rgb, rgb_again)
        assert np.array_equal(alpha, alpha_again)


def test_the_true_alpha_composites_the_frame(clip: DemoClip) -> None:
    for index in range(0, 20, 3):
        rgb, alpha = clip.frame(index)
        person = clip.person(index)[..., :3].astype(np.float64)
        expected = person + clip.background(index) * (1 - alpha[..., None].astype(np.float64))
        assert np.abs(expected - rgb).max() <= 0.51  # the rounding to whole numbers


def test_the_loop_has_no_seam() -> None:
    clip = DemoClip(width=160, height=90, fps=30, seconds=4)
    assert np.array_equal(clip.frame(len(clip))[0], clip.frame(0)[0])
    for layer in (clip.person, clip.background):
        near = [layer(index).astype(int) for index in (-3, -2, -1, 0, 1, 2)]
        steps = [np.abs(b - a).mean() for a, b in itertools.pairwise(near)]
        seam = steps.pop(2)  # from the last frame to the first
        # No more than the steps beside it; a jump would be several times that.
        assert seam <= 1.25 * max(steps)


def test_the_person_moves_and_stays_in_the_frame(clip: DemoClip) -> None:
    centres = []
    for index in range(len(clip)):
        alpha = clip.frame(index)[1]
        columns = np.flatnonzero(alpha.max(axis=0) > 0.5)
        rows = np.flatnonzero(alpha.max(axis=1) > 0.5)
        assert columns[0] > 0
        assert columns[-1] < 159
        assert rows[0] > 0  # room above the hair
        assert rows[-1] == 89  # the lower edge cuts the person, as a webcam's does
        assert 0.15 < alpha.mean() < 0.5
        centres.append(columns.mean())
    assert max(centres) - min(centres) > 0.25 * 160


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 161},
        {"height": 91},
        {"width": 0},
        {"height": -2},
        {"fps": 0},
        {"fps": -1, "seconds": -2},
        {"seconds": 0.0},
    ],
)
def test_sizes_that_no_video_has_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a clip needs"):
        DemoClip(**{**SMALL, **wrong})


def test_webm_plays_with_the_right_size_rate_and_length(clip: DemoClip, tmp_path: Path) -> None:
    path = tmp_path / "demo.webm"
    write_webm(clip, path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name in {"vp9", "libvpx-vp9"}
        assert stream.average_rate == 10
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(frames) == 20
    for index in (0, 10, 19):
        assert frames[index].shape == (90, 160, 3)
        # Lossy, and chroma is halved: close is enough to show that the right frame is there.
        assert np.abs(frames[index].astype(int) - clip.frame(index)[0]).mean() < 10


def test_webm_is_the_same_bytes_each_time(clip: DemoClip, tmp_path: Path) -> None:
    write_webm(clip, tmp_path / "a.webm")
    write_webm(clip, tmp_path / "b.webm")
    content = (tmp_path / "a.webm").read_bytes()
    assert content == (tmp_path / "b.webm").read_bytes()
    assert not re.search(rb"Lav[cf]\d", content)  # no version of the library in the file


def test_y4m_is_full_i420_frames_behind_a_header(clip: DemoClip, tmp_path: Path) -> None:
    path = tmp_path / "clip.y4m"
    write_y4m(clip, path)
    header, body = path.read_bytes().split(b"\n", 1)
    assert header.split() == [b"YUV4MPEG2", b"W160", b"H90", b"F10:1", b"Ip", b"A1:1", b"C420jpeg"]
    frame_bytes = len(b"FRAME\n") + 160 * 90 * 3 // 2
    assert len(body) == 20 * frame_bytes
    assert all(body[i : i + 6] == b"FRAME\n" for i in range(0, len(body), frame_bytes))
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(first.astype(int) - clip.frame(0)[0]).mean() < 4  # halved chroma


def test_mjpeg_is_one_jpeg_after_the_other(clip: DemoClip, tmp_path: Path) -> None:
    path = tmp_path / "clip.mjpeg"
    write_mjpeg(clip, path)
    assert path.read_bytes().count(b"\xff\xd8\xff\xe0") == 20
    with av.open(str(path), format="mjpeg") as container:
        assert sum(1 for _ in container.decode(video=0)) == 20


@pytest.mark.parametrize(("name", "kind"), [("poster.webp", "WEBP"), ("poster.jpg", "JPEG")])
def test_the_poster_is_a_frame_of_the_clip(
    name: str, kind: str, clip: DemoClip, tmp_path: Path
) -> None:
    write_poster(clip, tmp_path / name, 5)
    with Image.open(tmp_path / name) as picture:
        assert picture.format == kind
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(pixels - clip.frame(5)[0]).mean() < 8  # lossy


@pytest.mark.parametrize("write", [write_webm, write_y4m, write_mjpeg, write_poster])
def test_a_folder_that_is_not_there_is_one_line(write, clip: DemoClip, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MediaError, match="cannot be written") as caught:
        write(clip, tmp_path / "missing" / "clip.webp")
    assert "\n" not in str(caught.value)


def test_an_interrupted_writer_leaves_no_half_a_file(
    clip: DemoClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(range(3))
    original = clip.frame

    def frame(index: int):  # type: ignore[no-untyped-def]
        if next(drawn, None) is None:
            raise KeyboardInterrupt
        return original(index)

    monkeypatch.setattr(clip, "frame", frame)
    path = tmp_path / "clip.y4m"
    with pytest.raises(KeyboardInterrupt):
        write_y4m(clip, path)
    assert not path.exists()


def test_a_build_draws_it_anew_for_what_it_is_made_of_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "builder"
    (package / "assets").mkdir(parents=True)
    made_of = ("assets/portrait.png", "backgrounds.py", "demo.py")
    for name in made_of:
        shutil.copy(paths.PACKAGE_DIR / name, package / name)
    monkeypatch.setattr(paths, "PACKAGE_DIR", package)
    key = build._demo_key()
    for other in ("assets/report.css", "assets/portrait.txt", "build.py"):
        (package / other).write_text("something else\n")
    assert build._demo_key() == key
    for name in made_of:
        before = build._demo_key()
        (package / name).write_bytes((package / name).read_bytes() + b"\n")
        assert build._demo_key() != before, name
