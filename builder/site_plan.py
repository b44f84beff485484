"""Everything that a site is rendered from, gathered before the first byte is written."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.errors import SiteError
from builder.site_choices import WEBGPU_BUILDS

# Either the bytes themselves or a file that holds them; a file is read when the site is rendered.
Content = bytes | Path

# Names become parts of file names and addresses.
_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


# The pictures that come with the page, in the order of its picker.
BACKDROPS = ("ridge", "window", "studio", "ink", "night", "shelf")
OWN_BACKDROP = "own"  # the visitor's


@dataclass(frozen=True, slots=True)
class SiteVariant:
    """One shipped shape of a model, and how it differs from fp32 on real pictures (alpha 0..1)."""

    name: str  # one of ``variants.KINDS``
    content: Content  # the ONNX file
    max_abs_diff: float
    mean_abs_diff: float
    iou: float
    backends: tuple[str, ...] = ("wasm", "webgpu")  # that run it well
    needs: tuple[str, ...] = ()  # features that the GPU must have for it
    is_optimized: bool = False  # the runtime is to run it as it is written
    is_reduced: bool = False  # the reduced runtime has all that it calls


@dataclass(frozen=True, slots=True)
class RejectedVariant:
    """A variant that did not pass its gate: told of in the manifest, but not shipped."""

    name: str
    reason: str
    bytes: int
    max_abs_diff: float
    mean_abs_diff: float
    iou: float


@dataclass(frozen=True, slots=True)
class SiteModel:
    """A model as the page knows it: the recipe's facts and the variants that are shipped."""

    name: str
    title: Mapping[str, str]  # by language, "en" and "zh"
    licence: str  # SPDX identifier
    homepage: str
    origin: str  # where the weights come from, for licences.txt
    height: int  # of the model's input, pixels
    width: int
    threshold: float  # of alpha, 0..1
    ramp: tuple[float, float]  # alpha below the first is background, above the second person
    variants: tuple[SiteVariant, ...]
    preferred: str  # the variant that the page takes on wasm
    prefer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by backend, best first
    rejected: tuple[RejectedVariant, ...] = ()
    golden: Content | None = None  # the file of ``golden.golden_frame``; none: nothing is proved


# The modules of the WebGPU builds, by how WebAssembly waits in them for the GPU.
_WEBGPU_MODULES = {"jspi": "ort.jspi.min.mjs", "asyncify": "ort.webgpu.min.mjs"}


@dataclass(frozen=True, slots=True)
class RuntimeBuild:
    """One build of the inference runtime: three files that belong together."""

    module: Path  # what the engine imports
    glue: Path  # what the module imports to start the wasm
    wasm: Path


@dataclass(frozen=True, slots=True)
class Runtime:
    """The inference runtime's files, as its npm package has them."""

    package: str
    version: str
    licence: str  # SPDX identifier
    source: str  # the address of its repository
    module: Path  # of the plain wasm build, as in RuntimeBuild
    glue: Path
    wasm: Path
    # The plain build's module with what some models call only, see ``builder.reduced``.
    reduced: Path | None = None
    # The WebGPU builds, by how WebAssembly waits in them for the GPU.
    webgpu: Mapping[str, RuntimeBuild] = field(default_factory=dict)

    @classmethod
    def from_npm(cls, node_modules: Path, webgpu: str = WEBGPU_BUILDS[0]) -> "Runtime":
        """Find onnxruntime-web's plain wasm build (SIMD and threads) and its WebGPU builds.

        WebAssembly has to wait for the GPU. Browsers with JavaScript Promise Integration do that
        themselves. The build for the others ("asyncify") is 26.8 MB, more than the 25 MiB that some
        hosts take as a file: without it those browsers stay with plain wasm.

        Args:
            node_modules: where the package is.
            webgpu: which of them the site is to have, one of ``WEBGPU_BUILDS``.

        Raises:
            SiteError: the package is not there, or not whole.
        """
        folder = node_modules / "onnxruntime-web"
        try:
            facts = json.loads((folder / "package.json").read_bytes())
            repository = facts["repository"]["url"]
            return cls(
                package=facts["name"],
                version=facts["version"],
                licence=facts["license"],
                source=repository.removeprefix("git+").removesuffix(".git"),
                module=folder / "dist" / "ort.wasm.min.mjs",
                glue=folder / "dist" / "ort-wasm-simd-threaded.mjs",
                wasm=folder / "dist" / "ort-wasm-simd-threaded.wasm",
                webgpu={
                    build: RuntimeBuild(
                        module=folder / "dist" / module,
                        glue=folder / "dist" / f"ort-wasm-simd-threaded.{build}.mjs",
                        wasm=folder / "dist" / f"ort-wasm-simd-threaded.{build}.wasm",
                    )
                    for build, module in _WEBGPU_MODULES.items()
                    if webgpu in (build, "both")
                },
            )
        except OSError as error:
            raise SiteError(f"onnxruntime-web is not in {node_modules}; run `npm ci`") from error
        except (ValueError, KeyError, TypeError) as error:
            raise SiteError(f"{folder}/package.json is damaged; run `npm ci`") from error


@dataclass(frozen=True, slots=True)
class DemoMedia:
    """The built-in demonstration clip and the still that stands for it before it plays."""

    video: Content
    poster: Content
    width: int  # pixels
    height: int
    frame_rate: float  # frames per second
    credit: str = ""  # whose picture it is made from, for licences.txt
    video_suffix: str = ".webm"
    poster_suffix: str = ".jpg"


@dataclass(frozen=True, slots=True)
class SiteBackground:
    """One picture that visitors can put behind them."""

    name: str  # in addresses and in what the page remembers
    title: str  # what a visitor reads
    data: bytes  # a WebP file
    width: int  # pixels
    height: int


@dataclass(frozen=True, slots=True)
class SiteBackgrounds:
    """A site's own pictures, the first one shown first, and whose they are."""

    pictures: tuple[SiteBackground, ...] = ()
    terms: str = ""  # for licences.txt


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A whole site.

    Raises:
        SiteError: the parts do not fit each other.
    """

    title: str
    template_dir: Path  # holds templates/, locales/ and the engine's folders
    models: tuple[SiteModel, ...]
    default_model: str
    runtime: Runtime
    demo: DemoMedia
    fingerprint: str  # of everything that went into the build
    version: str  # of Livematte
    extra: Mapping[str, bytes] = field(default_factory=dict)  # further files by site path
    locale: str = "en"  # the language of a visitor whose browser names none that the page speaks
    default_effect: str = "image"  # what a first visit shows
    backgrounds: SiteBackgrounds = SiteBackgrounds()
    base: str = ""  # the site's address, with a slash at its end; none: it is not known
    overlay: Path | None = None  # files that take the place of those of ``template_dir``
    esbuild: Path | None = None  # joins the engine's modules; None: each stays a file of its own

    def __post_init__(self) -> None:
        names = [model.name for model in self.models]
        if self.default_model not in names:
            raise SiteError(
                f"the default model {self.default_model!r} is not built; "
                f"choose one of: {', '.join(names) or 'none is built'}"
            )
        if len(set(names)) < len(names):
            raise SiteError(f"two models have one name: {', '.join(names)}; rename one recipe")
        for model in self.models:
            _check_model(model)


def _check_model(model: SiteModel) -> None:
    variants = [variant.name for variant in model.variants]
    for name in (model.name, *variants):
        if not _NAME.fullmatch(name):
            raise SiteError(f"{name!r} cannot be part of a file name; use a-z, 0-9 and '-'")
    if model.preferred not in variants or len(set(variants)) < len(variants):
        raise SiteError(
            f"{model.name}: the preferred variant {model.preferred!r} is not once among the "
            f"shipped ones ({', '.join(variants) or 'none'}); look at why it was rejected"
        )
    judged: tuple[SiteVariant | RejectedVariant, ...] = (*model.variants, *model.rejected)
    for variant in judged:
        figures = (variant.max_abs_diff, variant.mean_abs_diff, variant.iou)
        if not all(map(math.isfinite, figures)):
            raise SiteError(f"{model.name}: {variant.name} has figures that are no numbers")
