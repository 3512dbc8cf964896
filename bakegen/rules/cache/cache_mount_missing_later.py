"""Rule CA361: dependencies are downloaded into a cache mount that the build does not have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import cache_mounts, inside
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Run
    from bakegen.rules.cache._mounts import CacheMount
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_STORES = (
    (
        "go",
        re.compile(r"/go|/go/pkg|/go/pkg/mod|/root/go(?:/pkg(?:/mod)?)?"),
        ("mod download",),
        ("build", "install", "test", "run", "generate", "vet"),
    ),
    (
        "cargo",
        re.compile(r"/usr/local/cargo(?:/registry)?|/root/\.cargo(?:/registry)?"),
        ("fetch", "build", "chef"),
        ("build", "check", "test", "run", "clippy"),
    ),
    ("mvn", re.compile(r"/root/\.m2(?:/repository)?"), ("",), ("package", "install", "verify", "compile", "test")),
    ("pnpm", re.compile(r".*/pnpm/store|/pnpm|/root/\.local/share/pnpm.*"), ("fetch",), ("install", "i")),
)


def _fills(call: ShellCall, name: str, subs: tuple[str, ...]) -> bool:
    text = " ".join(one for one in call.texts if not one.startswith("-"))
    return call.name == name and any(text.startswith(sub) for sub in subs)


def _needs(call: ShellCall, name: str, subs: tuple[str, ...]) -> bool:
    words = [one for one in call.texts if not one.startswith("-")]
    if call.name != name or "-mod=vendor" in call.texts or call.has("--vendored"):
        return False
    return any(word in subs for word in (words if name == "mvn" else words[:1]))


def _covers(mounts: list[CacheMount], run: Run, target: str) -> bool:
    """Whether a RUN has something mounted at a directory, or above or below it."""
    for one in mounts:
        if one.run is run and (not one.target or inside(target, one.target) or inside(one.target, target)):
            return True
    return any(mount.kind != "cache" and mount.source_stage for mount in run.mounts)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    from bakegen.rewrites.runs import add_mounts

    mounts = list(cache_mounts(subject))
    seen: set[int] = set()
    for one in mounts:
        for name, place, fills, needs in _STORES:
            if not one.target or one.script.onbuild or not place.fullmatch(one.target):
                continue
            if not any(_fills(call, name, fills) for call in one.script.calls):
                continue
            for script in subject.scripts:
                above = lineage(subject, subject.stages[script.stage])
                if script.run.span.start <= one.run.span.start or one.stage not in above or script.onbuild:
                    continue
                call = next((call for call in script.calls if _needs(call, name, needs)), None)
                if call is None or script.run.span.start in seen or _covers(mounts, script.run, one.target):
                    continue
                seen.add(script.run.span.start)
                plain = subject.slice(one.mount.span) == one.mount.text
                why = f"what {name} downloads is no longer in the layer"
                edits = add_mounts(subject.dockerfile, script.run, (one.mount.text,)) if plain else ()
                yield Finding(
                    call.program.span,
                    f"{name} {call.sub} downloads everything again: {one.target} is mounted in the RUN of line "
                    f"{one.run.node.line} and not here",
                    "mount it here, too",
                    ((one.mount.span, "what is downloaded here is in no layer"),),
                    Fix(edits, "Mount the cache here, too", False, why) if edits else None,
                )


_GO = (
    "FROM golang\nWORKDIR /src\nCOPY go.mod go.sum ./\n"
    "RUN --mount=type=cache,target=/go/pkg/mod go mod download\nCOPY . .\n"
)

RULE = Rule(
    code="CA361",
    name="cache-mount-missing-later",
    summary="Mount a module cache in every RUN that needs it",
    why="`go mod download` with a cache mount puts the modules into the mount and nothing into the layer. A "
    "`go build` in a later RUN without the mount finds none of them and downloads them all again, this time into the "
    "layer, at every change of the sources: the mount has made it slower than without. The same goes for "
    "`cargo fetch`, Maven's repository and pnpm's store.\n\nMount it in both RUNs, or in neither.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "go build without the modules",
            f"{_GO}RUN ⟦go⟧ build -o /app .\n",
            f"{_GO}RUN --mount=type=cache,target=/go/pkg/mod go build -o /app .\n",
            safe=False,
        ),
        Example("In both", f"{_GO}RUN --mount=type=cache,target=/go/pkg/mod go build -o /app .\n"),
        Example("In neither", _GO.replace("--mount=type=cache,target=/go/pkg/mod ", "") + "RUN go build -o /app .\n"),
        Example("Vendored", f"{_GO}RUN go build -mod=vendor -o /app .\n"),
        Example("Another stage", f"{_GO}\nFROM golang\nRUN go install example.com/tool@v1\n"),
    ),
    words=("type=cache",),
)
