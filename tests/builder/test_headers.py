"""The headers' own rules."""

import mimetypes

import pytest

from builder.headers import IMMUTABLE, REVALIDATE, cache_control, content_type, security_headers


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("engine-0123456789/page/app.js", IMMUTABLE),
        ("models/selfie.fp16-0a1b2c3d4e.onnx", IMMUTABLE),
        ("models/selfie.fp16-0a1b2c3d4e.onnx.br", IMMUTABLE),
        ("index.html", REVALIDATE),
        ("matte.js", REVALIDATE),
        ("engine-012345678/a.js", REVALIDATE),  # nine digits
        ("engine-01234567890/a.js", REVALIDATE),  # eleven
        ("engine-0123456789", REVALIDATE),
    ],
)
def test_only_hashed_names_are_kept(path: str, expected: str) -> None:
    assert cache_control(path) == expected


def test_types_do_not_come_from_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_: ("text/plain", None))
    assert content_type("a/ort.MJS") == "text/javascript; charset=utf-8"
    assert content_type("a.wasm") == "application/wasm"
    assert content_type("a.onnx") == "application/octet-stream"
    assert content_type("a.webm") == "video/webm"
    assert content_type("a.webmanifest") == "application/manifest+json"
    assert content_type("a.svg") == "image/svg+xml; charset=utf-8"
    assert content_type("index.html.br") == "application/octet-stream"
    assert content_type("_headers") == "application/octet-stream"


def test_isolation_is_optional() -> None:
    isolated, plain = security_headers(), security_headers(isolate=False)
    assert isolated["Cross-Origin-Opener-Policy"] == "same-origin"
    assert isolated["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert isolated["Cross-Origin-Resource-Policy"] == "same-origin"
    assert {name for name in isolated if name not in plain} == {
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Embedder-Policy",
        "Cross-Origin-Resource-Policy",
    }


def test_policy_is_strict() -> None:
    policy = dict(
        part.split(" ", 1) for part in security_headers()["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("script-src") == "'self' 'wasm-unsafe-eval'"
    sources = {source for value in policy.values() for source in value.split()}
    assert sources == {"'self'", "'none'", "blob:", "data:"}
