"""Picture files of every mode, damaged ones, and writing that leaves nothing half done."""

import os
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from media_maker import half_red, write_video
from PIL import Image, ImageCms

from builder import media
from builder.errors import MediaError
from builder.media import (
    atomic_output,
    output_kind,
    read_mask,
    read_picture,
    source_kind,
    write_picture,
)

QUARTERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [90, 90, 90]]], np.uint8)


def saved(path: Path, image: Image.Image, **options) -> Path:
    image.save(path, **options)
    return path


def test_a_picture_comes_as_rgb(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.fromarray(QUARTERS))
    picture = read_picture(path)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, QUARTERS)


# EXIF 2.32, tag 274: where row 0 and column 0 of the stored picture lie when it is upright.
@pytest.mark.parametrize(
    ("orientation", "undone"),
    [
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.swapaxes(0, 1)),
        (6, lambda a: np.rot90(a, -1)),  # turned clockwise
        (7, lambda a: a[::-1, ::-1].swapaxes(0, 1)),
        (8, lambda a: np.rot90(a, 1)),
    ],
)
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, undone) -> None:
    stored = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 10
    exif = Image.Exif()
    exif[274] = orientation
    path = saved(tmp_path / "a.png", Image.fromarray(stored), exif=exif)
    np.testing.assert_array_equal(read_picture(path), undone(stored))


def test_grey_palette_bits_and_cmyk(tmp_path: Path) -> None:
    grey = Image.fromarray(np.array([[0, 128, 255]], np.uint8))
    expected = [[[0] * 3, [128] * 3, [255] * 3]]
    assert read_picture(saved(tmp_path / "l.png", grey)).tolist() == expected
    palette = Image.fromarray(QUARTERS).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_array_equal(read_picture(saved(tmp_path / "p.png", palette)), QUARTERS)
    bits = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")
    assert read_picture(saved(tmp_path / "1.png", bits)).tolist() == [[[0] * 3, [255] * 3]]
    cmyk = Image.new("CMYK", (1, 1), (0, 255, 255, 0))
    assert read_picture(saved(tmp_path / "c.tiff", cmyk)).tolist() == [[[255, 0, 0]]]


def test_deep_samples_become_bytes(tmp_path: Path) -> None:
    deep = np.array([[0, 128 * 257, 65535]], np.uint16)
    path = saved(tmp_path / "i16.png", Image.fromarray(deep))
    assert read_picture(path)[0, :, 0].tolist() == [0, 128, 255]
    night = np.array([[0, 200]], np.uint16)  # dark, not a mask
    assert read_picture(saved(tmp_path / "n.png", Image.fromarray(night)))[0, 1, 0] == 1
    real = np.array([[0, 0.5, 1]], np.float32)
    path = saved(tmp_path / "f.tiff", Image.fromarray(real))
    assert read_picture(path)[0, :, 0].tolist() == [0, 128, 255]


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 51]]], np.uint8)
    path = saved(tmp_path / "a.png", Image.fromarray(rgba))
    assert read_picture(path).tolist() == [[[10, 20, 30], [255, 255, 255], [204, 204, 204]]]
    grey = np.array([[[0, 255], [0, 0]]], np.uint8)
    path = saved(tmp_path / "la.png", Image.fromarray(grey, "LA"))
    assert read_picture(path).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_a_colour_profile_is_converted_to_srgb(tmp_path: Path) -> None:
    moved = moved_profile()
    image = Image.fromarray(np.array([[[200, 100, 50]]], np.uint8))
    path = saved(tmp_path / "a.png", image, icc_profile=moved)
    with_profile = read_picture(path)[0, 0].astype(int)
    expected = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(BytesIO(moved)),
        ImageCms.createProfile("sRGB"),
    )
    assert with_profile.tolist() == list(expected.getpixel((0, 0)))
    assert abs(with_profile - [200, 100, 50]).max() > 20
    path = saved(tmp_path / "b.png", image, icc_profile=b"not a profile")
    assert read_picture(path)[0, 0].tolist() == [200, 100, 50]


def moved_profile() -> bytes:
    """Make a profile whose primaries are moved round by one, from sRGB's own."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data = data.replace(b"sRGB", b"none").replace("sRGB".encode("utf-16-be"), b"\0n\0o\0n\0e")
    places = {name: data.index(name) for name in (b"rXYZ", b"gXYZ", b"bXYZ")}
    for name, other in ((b"rXYZ", b"gXYZ"), (b"gXYZ", b"bXYZ"), (b"bXYZ", b"rXYZ")):
        data[places[name] : places[name] + 4] = other
    return bytes(data)


def test_masks_are_brightness_labels_or_alpha(tmp_path: Path) -> None:
    soft = np.array([[0, 51, 255]], np.uint8)
    np.testing.assert_allclose(
        read_mask(saved(tmp_path / "soft.png", Image.fromarray(soft))), [[0, 0.2, 1]]
    )
    labels = Image.fromarray(np.array([[0, 1, 1]], np.uint8))
    assert read_mask(saved(tmp_path / "labels.png", labels)).tolist() == [[0, 1, 1]]
    coloured = Image.fromarray(np.array([[0, 1, 15]], np.uint8), "L").convert("P")
    coloured.putpalette([0, 0, 0, 128, 0, 0] + [0] * 39 + [192, 128, 128])
    assert read_mask(saved(tmp_path / "voc.png", coloured)).tolist() == [[0, 1, 1]]
    grey = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    grey.putpalette([255] * 3 + [0] * 3 + [9, 200, 9])  # entry 0 is white: person; 2 is not used
    assert read_mask(saved(tmp_path / "grey.png", grey)).tolist() == [[1, 0]]


def test_alpha_is_the_mask_only_where_it_says_something(tmp_path: Path) -> None:
    rgba = np.full((1, 3, 4), 200, np.uint8)
    rgba[0, :, 3] = [0, 51, 255]
    path = saved(tmp_path / "cut.png", Image.fromarray(rgba))
    np.testing.assert_allclose(read_mask(path), [[0, 0.2, 1]])
    rgba[..., 3] = 255
    rgba[0, :, :3] = [[0] * 3, [255] * 3, [0] * 3]
    path = saved(tmp_path / "opaque.png", Image.fromarray(rgba))
    assert read_mask(path).tolist() == [[0, 1, 0]]


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_deep_masks_find_their_white(tmp_path: Path, white: int) -> None:
    deep = np.array([[0, white]], np.uint16)
    path = saved(tmp_path / "m.png", Image.fromarray(deep))
    assert read_mask(path).tolist() == [[0, 1]]


def refusal(read, path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_cut_short_jpeg_is_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = saved(tmp_path / "cut.jpg", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[:1500])
    assert source_kind(path) == "picture"
    assert "damaged or cut short" in refusal(read_picture, path)


def test_a_damaged_avif_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.avif", Image.fromarray(QUARTERS))
    path.write_bytes(path.read_bytes().replace(b"iloc", b"gone"))
    assert "damaged or cut short" in refusal(source_kind, path)
    assert "damaged or cut short" in refusal(read_picture, path)


def test_text_named_jpg_missing_folder_and_empty(tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("hello")
    assert "not a picture" in refusal(read_picture, text)
    assert "no such file" in refusal(read_picture, tmp_path / "gone.jpg")
    assert "is a folder" in refusal(source_kind, tmp_path)
    (tmp_path / "empty.png").touch()
    assert "not a picture" in refusal(read_mask, tmp_path / "empty.png")
    assert "cannot be read" in refusal(read_picture, tmp_path / ("a" * 300))


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    side = 30_000  # 900 million pixels, from a file of a few bytes
    header = side.to_bytes(4) * 2 + bytes([1, 0, 0, 0, 0])
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b""))
    assert "89 million pixels; scale" in refusal(read_picture, path)
    assert source_kind(path) == "picture"
    large = 10_000  # 100 million: Pillow would only warn
    header = large.to_bytes(4) * 2 + bytes([1, 0, 0, 0, 0])
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b""))
    assert "89 million pixels; scale" in refusal(read_picture, path)


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)


def test_a_limit_holds_where_pillow_stays_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "a.png", Image.fromarray(QUARTERS))
    monkeypatch.setattr(media, "MAX_PIXELS", 3)
    assert "million pixels" in refusal(read_picture, path)


def test_heic_gets_its_own_sentence(tmp_path: Path) -> None:
    path = tmp_path / "phone.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    assert "save it as JPEG or PNG first" in refusal(source_kind, path)


def test_kinds_of_sources_go_by_content(tmp_path: Path) -> None:
    picture = tmp_path / "picture.mp4"
    Image.fromarray(QUARTERS).save(picture, format="PNG")
    assert source_kind(picture) == "picture"
    video = write_video(tmp_path / "v.mp4", [half_red()] * 2).rename(tmp_path / "video.jpg")
    assert source_kind(video) == "video"
    frames = [Image.fromarray(half_red(level=level)) for level in (0, 200)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert source_kind(tmp_path / "moving.gif") == "video"
    frames[0].save(tmp_path / "still.gif")
    assert source_kind(tmp_path / "still.gif") == "picture"
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:])
    assert source_kind(tmp_path / "moving.webp") == "picture"  # no video reader knows it


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.png", "picture"), ("a.JPG", "picture"), ("a.jpeg", "picture"), ("a.webp", "picture"),
     ("a.mp4", "video"), ("a.webm", "video"), ("a.mkv", "video"), ("a.MOV", "video")],
)  # fmt: skip
def test_kinds_of_outputs_go_by_suffix(name: str, kind: str) -> None:
    assert output_kind(Path(name)) == kind


@pytest.mark.parametrize("name", ["a.gif", "a", "a.txt", ".png"])
def test_a_wrong_suffix_names_the_valid_ones(name: str) -> None:
    message = refusal(output_kind, Path(name))
    assert ".png, .jpg, .jpeg, .webp" in message
    assert ".mp4, .webm, .mkv, .mov" in message


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_png_and_webp_are_written_without_loss(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(1).integers(0, 256, (9, 7, 3), np.uint8)
    write_picture(path, noise)
    np.testing.assert_array_equal(read_picture(path), noise)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_jpeg_and_grey(tmp_path: Path) -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = np.arange(16) * 16  # full chroma: the ramp survives
    write_picture(tmp_path / "a.jpg", red)
    assert np.abs(read_picture(tmp_path / "a.jpg").astype(int) - red).max() <= 6
    write_picture(tmp_path / "m.png", np.array([[0, 77]], np.uint8))
    with Image.open(tmp_path / "m.png") as image:
        assert image.mode == "L"
        assert np.asarray(image).tolist() == [[0, 77]]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("old")

    def fail() -> None:
        with atomic_output(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    with atomic_output(path) as part:
        assert part.suffix == ".png"
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_an_output_gets_ordinary_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_picture(tmp_path / "a.png", QUARTERS)
    finally:
        os.umask(before)
    assert (tmp_path / "a.png").stat().st_mode & 0o777 == 0o640


def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        write_picture(path, QUARTERS)

    assert f"make the folder {tmp_path / 'gone'} first" in refusal(write, tmp_path / "gone/a.png")
    (tmp_path / "folder.png").mkdir()
    assert "it is a folder" in refusal(write, tmp_path / "folder.png")
    (tmp_path / "file").touch()
    assert "Not a directory" in refusal(write, tmp_path / "file" / "a.png")
    wide = np.zeros((1, 17_000, 3), np.uint8)  # WebP ends at 16383

    def write_wide(path: Path) -> None:
        write_picture(path, wide)

    assert "cannot be written" in refusal(write_wide, tmp_path / "wide.webp")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]
