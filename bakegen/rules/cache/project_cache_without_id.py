"""Rule CA366: a project's own build directory as a cache mount that other projects share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import append_key, cache_mounts
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_OWN = re.compile(
    r"/(?:app|src|source|code|work|workspace|workdir|project|repo|usr/src/[^/]+|usr/app|opt/app|build|home/\w+/app)"
    r"(?:/[^/.][^/]*)*/"
    r"(?:target|node_modules|\.next|\.next/cache|\.nuxt|\.turbo|\.nx|\.nx/cache|\.angular|\.angular/cache|\.gradle|build"
    r"|dist|out|obj|_build|deps|\.venv|\.parcel-cache|\.svelte-kit|\.mypy_cache|\.eslintcache|\.build)"
)
_DEFAULT = "project"


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for one in cache_mounts(subject):
        if one.mount.get("id") is not None or not _OWN.fullmatch(one.target) or one.mount.source_stage:
            continue
        fix = None
        if subject.settings.project not in ("", _DEFAULT):
            name = re.sub(r"[^A-Za-z0-9_]+", "-", one.target).strip("-")
            edits = append_key(subject, one.mount, f"id={subject.settings.project}-{name}")
            why = "what is in a cache is never part of the image, and builds must do without it anyway"
            fix = Fix(edits, "Give it an id", False, f"the cache starts empty once; {why}") if edits else None
        yield Finding(
            one.mount.span,
            f"every project on the builder that mounts {one.target} has this same cache",
            "give it an id with the project's name",
            fix=fix,
        )


_BUILD = "FROM rust\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/app/target cargo build --release\n"

RULE = Rule(
    code="CA366",
    name="project-cache-without-id",
    summary="Give the cache of a project's own build directory an id of its own",
    why="The id of a cache mount is its target unless one is given. `/root/.npm` holds the same for everybody, but "
    "`/app/target` and `/app/.next/cache` hold the intermediate results of one project, and half of all Dockerfiles "
    "work in `/app`. On a builder that builds two of them, each throws out the other's results, and a compiler that "
    "compares modification times may take them for its own.\n\n"
    "`id=myproject-target` keeps them apart.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "cargo's target",
            _BUILD.replace("type=cache,target=/app/target", "⟦type=cache,target=/app/target⟧"),
            _BUILD.replace("/app/target", "/app/target,id=example-app-target"),
            safe=False,
        ),
        Example(
            "Relative, and no name of the project is known",
            "FROM node\nWORKDIR /usr/src/shop\nCOPY . .\nRUN --mount=⟦type=cache,target=.next/cache⟧ npm run build\n",
            settings={"project": "project"},
        ),
        Example("An id", _BUILD.replace("type=cache", "type=cache,id=shop-target")),
        Example("The same for everybody", "FROM node\nRUN --mount=type=cache,target=/root/.npm npm ci\n"),
    ),
    words=("type=cache",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypecache",),
)
