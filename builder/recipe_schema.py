"""The parts of a recipe: one class a table, each key with what would be right."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

Layout = Literal["NHWC", "NCHW"]
Kind = Literal["alpha", "logit", "softmax", "logits", "argmax"]
# Heads that answer for several classes; the recipe says which of them are "person".
CLASS_KINDS = ("softmax", "logits", "argmax")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Triple = tuple[float, float, float]
_SAFE_URL = re.compile(r"https:|http://(127\.0\.0\.1|localhost|\[::1\])[:/]")
TensorName = Annotated[str, Field(min_length=1)]


def _listed(value: Any) -> Any:
    """Let one value stand for a list of one."""
    return value if value is None or isinstance(value, tuple) else (value,)


class Part(BaseModel):
    """A table of a recipe: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Title(Part):
    """What the page calls the model, in each language that the page speaks."""

    en: str = Field(min_length=1, description="the model's name in English")
    zh: str = Field(min_length=1, description="the model's name in Chinese")


class NpmSource(Part):
    """A file inside a published npm package."""

    npm: str = Field(
        pattern=r"^(@[a-z0-9][\w.-]*/)?[a-z0-9][\w.-]*$",
        description='the npm package, like "@mediapipe/selfie_segmentation"',
    )
    version: str = Field(pattern=r"^\d+\.\d+\.\d+", description='its exact version, like "0.1.2"')
    file: str = Field(min_length=1, description="the file inside the package")
    sha256: Sha256 = Field(description="the file's sha256: 64 lower-case hexadecimal digits")

    def describe(self) -> str:
        """Name the source for messages."""
        return f"npm {self.npm}@{self.version} {self.file}"


class PathSource(Part):
    """A file on this machine; a relative path starts at the recipe's folder."""

    path: str = Field(min_length=1, description="the file, relative to the recipe")
    sha256: Sha256 | None = Field(default=None, description="the file's sha256, 64 digits")

    def describe(self) -> str:
        """Name the source for messages."""
        return self.path


class UrlSource(Part):
    """A file on the web; without a published sha256, the first download's is pinned."""

    url: str = Field(pattern=r"^https?://[^\s/]\S*$", description='an address, like "https://…"')
    sha256: Sha256 | None = Field(
        default=None, validate_default=True,
        description="the sha256 of what is downloaded: 64 lower-case hexadecimal digits",
    )  # fmt: skip
    size: int | None = Field(default=None, ge=1, description="what is downloaded, in bytes")
    member: str | None = Field(
        default=None, min_length=1, description="the model's file inside a .zip or .tar archive"
    )

    @field_validator("sha256")
    @classmethod
    def _plain_http_needs_it(cls, sha256: str | None, info: ValidationInfo) -> str | None:
        # Whatever comes over a plain connection first would be pinned for ever.
        if sha256 is None and not _SAFE_URL.match(info.data.get("url", "https:")):
            raise ValueError("is needed where the address is http, not https")
        return sha256

    def describe(self) -> str:
        """Name the source for messages."""
        return f"{self.url} ({self.member})" if self.member else self.url


SOURCES: dict[str, type[Part]] = {"npm": NpmSource, "path": PathSource, "url": UrlSource}


def _source_kind(value: Any) -> str:
    """Choose the kind of source by the key that is there, so that its other keys get checked."""
    present = [kind for kind in SOURCES if isinstance(value, dict) and kind in value]
    return present[0] if present else type(value).__name__.removesuffix("Source").lower()


Source = Annotated[
    Annotated[NpmSource, Tag("npm")]
    | Annotated[PathSource, Tag("path")]
    | Annotated[UrlSource, Tag("url")],
    Discriminator(_source_kind),
]


class Input(Part):
    """What the model's own picture input means; the builder folds all of it into the graph.

    A channel of the picture, 0..1, reaches the model as ``(value * scale - mean) / std``.
    """

    width: int = Field(ge=16, le=4096, description="the input's width in pixels, 16 to 4096")
    height: int = Field(ge=16, le=4096, description="the input's height in pixels, 16 to 4096")
    layout: Layout = Field(description='"NHWC" or "NCHW"')
    channels: Literal["RGB", "BGR"] = Field(default="RGB", description='"RGB" or "BGR"')
    scale: float | None = Field(
        default=None, gt=0, allow_inf_nan=False,
        description="what white becomes, above 0: 1 unless given, 255 for a uint8 input",
    )  # fmt: skip
    mean: Triple = Field(
        default=(0.0, 0.0, 0.0),
        description="subtracted from the scaled picture; three numbers: red, green, blue",
    )
    std: Triple = Field(
        default=(1.0, 1.0, 1.0),
        description="divides what is left; three numbers above 0: red, green, blue",
    )
    dtype: Literal["float32", "float16", "uint8"] | None = Field(
        default=None, description='"float32", "float16" or "uint8"; the model\'s own unless given'
    )
    name: TensorName | None = Field(
        default=None, description="the input's name, where the model has several"
    )

    @field_validator("mean", "std")
    @classmethod
    def _is_finite(cls, triple: Triple) -> Triple:
        if not all(abs(number) < 1e9 for number in triple):
            raise ValueError("must be ordinary numbers")
        return triple

    @field_validator("std")
    @classmethod
    def _std_is_positive(cls, std: Triple) -> Triple:
        if min(std) <= 0:
            raise ValueError("must be above 0 in every channel")
        return std


class Output(Part):
    """What the model's own output means."""

    kind: Kind = Field(
        description='"alpha" (probability of "person", 0..1), "logit" (before the sigmoid),'
        ' "softmax" or "logits" (one channel a class, after or before the softmax) or "argmax"'
        " (the class's number)"
    )
    person: Annotated[tuple[int, ...] | None, BeforeValidator(_listed)] = Field(
        default=None, validate_default=True,
        description="the class that is person, or a list of classes, counted from 0",
    )  # fmt: skip
    layout: Layout | None = Field(
        default=None, description='"NHWC" or "NCHW"; the input\'s unless given'
    )
    name: TensorName | None = Field(
        default=None, description="the output's name, where the model has several"
    )
    index: int | None = Field(
        default=None, ge=0,
        description="the output's number, from 0, where the model has several without good names",
    )  # fmt: skip

    @field_validator("person")
    @classmethod
    def _person_goes_with_kind(
        cls, person: tuple[int, ...] | None, info: ValidationInfo
    ) -> tuple[int, ...] | None:
        kind = info.data.get("kind")
        if kind in CLASS_KINDS and not person:
            raise ValueError(f'goes with kind = "{kind}"')
        if kind in ("alpha", "logit") and person is not None:
            raise ValueError(f'does not go with kind = "{kind}", which has no classes')
        if person and (min(person) < 0 or len(set(person)) != len(person)):
            raise ValueError("must be different numbers from 0 on")
        return person

    @field_validator("index")
    @classmethod
    def _index_or_name(cls, index: int | None, info: ValidationInfo) -> int | None:
        if index is not None and info.data.get("name") is not None:
            raise ValueError("does not go with name; keep one of them")
        return index


class State(Part):
    """A recurrent state: what the model writes with one frame and reads with the next."""

    input: TensorName = Field(description="the input that takes the last frame's state")
    output: TensorName = Field(description="the output that gives the next frame's state")
    shape: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(
        default=None,
        description="a list of the state's sizes, each from 1; the model's own unless given",
    )


class Constant(Part):
    """A further input that has one value for ever."""

    input: TensorName = Field(description="the input's name")
    value: Annotated[tuple[float, ...], BeforeValidator(_listed)] = Field(
        min_length=1, description="a number, or a list of numbers"
    )


class Published(Part):
    """An accuracy that the model's authors, or others, have published."""

    metric: str = Field(min_length=1, description='what was measured, like "mIoU"')
    value: float = Field(allow_inf_nan=False, description="the figure, in the metric's own unit")
    dataset: str = Field(min_length=1, description="the pictures it was measured on")
    source: str = Field(
        pattern=r"^https?://\S+$", description="the address of the page that says so"
    )


class MatteSettings(Part):
    """How the page and the Python reference read the alpha."""

    threshold: Unit = Field(default=0.5, description="alpha from which a pixel is person, 0 to 1")
    ramp: tuple[Unit, Unit] = Field(
        default=(0.2, 0.8),
        description="alpha that becomes 0, alpha that becomes 1; smooth in between",
    )

    @field_validator("ramp")
    @classmethod
    def _ramp_rises(cls, ramp: tuple[float, float]) -> tuple[float, float]:
        if ramp[0] >= ramp[1]:
            raise ValueError("must rise: the first number below the second")
        return ramp
