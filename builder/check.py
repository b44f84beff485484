"""Compares the built site, in a headless Chromium, with the Python reference: picture by picture.

Both see the same pixels. The page runs the variant that it prefers on its backend, the reference
fp32 natively; the page's own choice of what to look at (its region) is taken over.
"""

import base64
import io
import json
import logging
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from builder import paths
from builder.chromium import find_chromium, launch_args, launch_with_gpu
from builder.errors import CheckError, MediaError
from builder.evaluate.metrics import iou_person
from builder.files import files_in
from builder.media import read_picture
from builder.messages import one_line
from builder.predict import Segmenter
from builder.roi import Rect
from builder.serve import serving

log = logging.getLogger(__name__)

Progress = Callable[[int, int | None], None]

# The page's fp16 weights and its own resampling move alpha by less than this on average; a wrong
# crop, colour order or range moves it by far more.
MEAN_TOLERANCE = 0.01
IOU_TOLERANCE = 0.99
# A picture with less person than this says nothing about IoU.
MIN_PERSON = 0.005
PICTURE_LIMIT_MS = 120_000  # WebGPU on the processor takes seconds a picture


@dataclass(frozen=True)
class Checked:
    """One picture; ``max_abs_diff`` and ``mean_abs_diff`` in alpha (0..1), nan IoU for nobody."""

    name: str
    backend: str
    variant: str
    max_abs_diff: float
    mean_abs_diff: float
    iou: float

    @property
    def is_right(self) -> bool:
        """Within the tolerances."""
        iou = math.isnan(self.iou) or self.iou >= IOU_TOLERANCE
        return self.mean_abs_diff <= MEAN_TOLERANCE and iou


@dataclass(frozen=True)
class CheckResult:
    """All pictures of a run; ``unreadable`` holds a line for each file that is none."""

    model: str
    browser: str
    pictures: tuple[Checked, ...]
    unreadable: tuple[str, ...]

    @property
    def wrong(self) -> tuple[Checked, ...]:
        """The pictures beyond the tolerances."""
        return tuple(p for p in self.pictures if not p.is_right)

    def to_json(self) -> dict[str, Any]:
        """Everything as values that JSON can hold."""
        return {
            "model": self.model,
            "browser": self.browser,
            "pictures": len(self.pictures),
            "wrong": len(self.wrong),
            "tolerances": {"meanAbsDiff": MEAN_TOLERANCE, "iou": IOU_TOLERANCE},
            "unreadable": list(self.unreadable),
            "perPicture": [_entry(p) for p in self.pictures],
        }


def check_site(
    site_dir: Path,
    model: str,
    segmenter: Segmenter,
    images_dir: Path,
    *,
    backend: str = "wasm",
    progress: Progress | None = None,
) -> CheckResult:
    """Run the built page on a folder of pictures and compare its alpha with the reference's.

    Args:
        site_dir: the built site.
        model: the name of one of its models.
        segmenter: the same model in fp32.
        images_dir: pictures of any usual format.
        backend: ``wasm`` or ``webgpu``; the latter runs on the processor where there is no GPU.
        progress: called after each picture.

    Raises:
        BrowserError: there is no Chromium.
        CheckError: no picture could be compared, or the page does not run on that backend.
        ServeError: there is no site.
    """
    files = files_in(images_dir, CheckError, "--images takes a folder of pictures")
    if not files:
        raise CheckError(f"{images_dir}: is empty; put pictures there")
    checked, unreadable = [], []
    with _page(site_dir, model, backend) as (page, browser):
        for number, file in enumerate(files, 1):
            try:
                rgb = read_picture(file)
            except MediaError as error:
                unreadable.append(str(error))
            else:
                checked.append(_compared(file.name, rgb, segmenter, page, backend))
            if progress:
                progress(number, len(files))
    if not checked:
        raise CheckError(f"{images_dir}: none of its {len(files)} files is a picture")
    return CheckResult(model, browser, tuple(checked), tuple(unreadable))


def _compared(
    name: str, rgb: NDArray[np.uint8], segmenter: Segmenter, page: Any, backend: str
) -> Checked:
    png = io.BytesIO()
    Image.fromarray(rgb).save(png, "PNG", compress_level=1)
    found = _evaluate(page, "picture", base64.b64encode(png.getvalue()).decode())
    if found["backend"] != backend:
        raise CheckError(
            f"{name}: the page went over from {backend} to {found['backend']}"
            f" ({found['backendReason']}); livematte -v check shows its console"
        )
    shape = found["alphaHeight"], found["alphaWidth"]
    alpha = np.frombuffer(base64.b64decode(found["modelAlpha"]), np.float32).reshape(shape)
    seen = np.frombuffer(base64.b64decode(found["rgba"]), np.uint8)
    seen = seen.reshape(found["height"], found["width"], 4)[..., :3]
    expected = segmenter.model_alpha(Rect(**found["modelRect"]).of(seen))
    difference = np.abs(alpha.astype(np.float64) - expected)
    nobody = float((expected >= 0.5).mean()) < MIN_PERSON
    return Checked(
        name, found["backend"], found["variant"], float(difference.max()),
        float(difference.mean()), math.nan if nobody else iou_person(alpha, expected),
    )  # fmt: skip


@contextmanager
def _page(site_dir: Path, model: str, backend: str) -> Iterator[tuple[Any, str]]:
    """Open the engine in a page of the site; yields it with the browser's name."""
    executable = find_chromium()
    from playwright.sync_api import Error, sync_playwright

    with serving(site_dir) as url, sync_playwright() as playwright, ExitStack() as stack:
        plain = f"{url}licences.txt"  # a page of the site in which nothing of it runs
        try:
            if backend == "webgpu":
                browser, gpu = launch_with_gpu(playwright.chromium, executable, plain)
                name = f"Chromium {browser.version} (WebGPU on {gpu})"
            else:
                browser = playwright.chromium.launch(executable_path=executable, args=launch_args())
                name = f"Chromium {browser.version}"
            stack.callback(browser.close)
            page = browser.new_page()
            page.set_default_timeout(PICTURE_LIMIT_MS)
            page.on("console", lambda message: log.debug("browser: %s", message.text))
            page.goto(plain)
            page.evaluate((paths.PACKAGE_DIR / "assets" / "check.js").read_text("utf-8"))
            _evaluate(page, "start", {"model": model, "backend": backend})
            yield page, name
        except Error as error:
            raise CheckError(f"the page does not start: {one_line(error)}") from error


def _evaluate(page: Any, function: str, argument: Any) -> Any:
    from playwright.sync_api import Error

    try:
        return page.evaluate(f"argument => livematteCheck.{function}(argument)", argument)
    except Error as error:
        said = error.message.partition("\n    at ")[0].removeprefix("Page.evaluate: Error: ")
        raise CheckError(
            f"the page cannot matte: {one_line(said)}; livematte -v check shows its console"
        ) from error


def _entry(checked: Checked) -> dict[str, Any]:
    facts = json.loads(json.dumps(asdict(checked)).replace("NaN", "null"))
    return {
        "name": facts["name"], "right": checked.is_right, "backend": facts["backend"],
        "variant": facts["variant"], "maxAbsDiff": facts["max_abs_diff"],
        "meanAbsDiff": facts["mean_abs_diff"], "iou": facts["iou"],
    }  # fmt: skip
