"""Rule BF423: a field of a cache that looks like a slip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject

_COMMON = ("type", "mode", "ignore-error")
_PACKED = ("oci-mediatypes", "compression", "compression-level", "force-compression", "image-manifest")
_FIELDS = {
    "registry": (*_COMMON, *_PACKED, "ref", "registry.insecure"),
    "local": (*_COMMON, *_PACKED, "src", "dest", "digest", "tag", "reset"),
    "gha": (*_COMMON, "scope", "url", "url_v2", "token", "timeout", "version", "repository", "ghtoken"),
    "s3": (
        *(*_COMMON, "bucket", "region", "prefix", "blobs_prefix", "manifests_prefix", "name", "endpoint_url"),
        *("use_path_style", "access_key_id", "secret_access_key", "session_token", "touch_refresh"),
        *("upload_parallelism", "retry_mode", "retry_max_attempts"),
    ),
    "azblob": (
        *(*_COMMON, "account_url", "account_name", "secret_access_key", "container", "prefix", "blobs_prefix"),
        *("manifests_prefix", "name"),
    ),
    "inline": ("type",),
}


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    from difflib import get_close_matches

    for attribute in ("cache-to", "cache-from"):
        for target, entry in subject.entries(attribute):
            known = _FIELDS.get(entry.get("type"), ())
            for name in entry.fields:
                close = [] if name in known else get_close_matches(name, known, n=1, cutoff=0.8)
                if not close:
                    continue
                value = entry.value.fields.get(name)
                span = value.key_span if value is not None and value.key_span is not None else entry.value.span
                message = f"a {entry.get('type')} cache has no {name}: the {attribute} of {target.name} does without it"
                yield Finding(span, message, f"did you mean {close[0]!r}?")


RULE = Rule(
    code="BF423",
    name="unknown-cache-field",
    summary="Use fields that the cache backend knows",
    why="A backend does without fields that it does not know, and nobody says so: with `ignore_error` a failing export "
    "still fails the build, with `compresion` nothing is compressed otherwise. Only names are reported that are "
    "close to a known one, since backends may have more.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "An underscore",
            'target "app" {\n  cache-to = [⟦"type=registry,ref=r.example/app:cache,ignore_error=true"⟧]\n}\n',
            message="no ignore_error",
        ),
        Example(
            "In an object",
            'target "app" {\n  cache-to = [{\n    type = "registry"\n    ref = "r.example/app:cache"\n'
            '    ⟦compresion⟧ = "zstd"\n  }]\n}\n',
        ),
        Example(
            "Known fields",
            'target "app" {\n  cache-to = ["type=gha,scope=a,mode=max", "type=s3,bucket=b,region=r"]\n}\n',
        ),
        Example("Something new", 'target "app" {\n  cache-to = ["type=gha,shiny=true"]\n}\n'),
        Example("A backend of another kind", 'target "app" {\n  cache-to = ["type=other,moed=max"]\n}\n'),
    ),
    words=("cache-",),
)
