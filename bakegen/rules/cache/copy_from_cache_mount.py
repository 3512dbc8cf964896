"""Rule CA360: a COPY out of a directory that was only a cache mount."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Copy, Run, Transfer
from bakegen.rules.cache._mounts import cache_mounts, clean, inside, programs
from bakegen.rules.cache._stages import destination, earlier, lineage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.cache._mounts import CacheMount
    from bakegen.rules.dockerfiles import DockerfileSubject

_TRIFLES = frozenset(
    (
        "apt-get", "apt", "apk", "dnf", "yum", "microdnf", "mkdir", "echo", "printf", "cd", "set", "rm", "ls", "chmod",
        "chown", "useradd", "groupadd", "adduser", "addgroup", "test", "true", "ln", "touch", "export", "rustup",
        "update-ca-certificates", "apt-mark",
    )
)  # fmt: skip


def _others_write(subject: DockerfileSubject, stage: Stage, one: CacheMount) -> bool:
    """Whether something else in a stage may have put files into the image where the cache is mounted."""
    scripts = {script.run: script for script in subject.scripts}
    for above in lineage(subject, stage):
        for command in above.commands:
            if isinstance(command, Transfer):
                to = destination(subject, above, command)
                if to is None or inside(to, one.target):
                    return True
            elif isinstance(command, Run) and not _mounts(subject, command, one.target):
                names = programs(scripts[command])
                if not names or not names <= _TRIFLES or posixpath.basename(one.target) in command.node.logical:
                    return True
    return False


def _mounts(subject: DockerfileSubject, run: Run, target: str) -> bool:
    return any(other.run is run and other.target == target for other in cache_mounts(subject))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    mounts: list[CacheMount] | None = None
    for stage, copy in subject.own(Copy):
        source = copy.source_stage
        if source is None:
            continue
        origin = earlier(subject, stage, source.text)
        step = subject.steps.get(copy)
        if origin is None or step is None:
            continue
        mounts = [one for one in cache_mounts(subject) if one.target] if mounts is None else mounts
        family = {one.index for one in lineage(subject, origin)}
        for text, written in zip(step.sources, copy.sources, strict=False):
            path = clean("/" + text.lstrip("/"))
            one = next((one for one in mounts if one.stage.index in family and inside(path, one.target)), None)
            if one is not None and not _others_write(subject, origin, one):
                yield Finding(
                    written.span,
                    f"{path} is not in the stage {origin.label}: {one.target} was a cache mount when it was written",
                    "copy it out of the mount in the same RUN, and take it from there",
                    ((one.mount.span, "what is written here is in no layer"),),
                )


_BUILD = (
    "FROM rust AS build\nWORKDIR /app\nCOPY src src\nRUN --mount=type=cache,target=/app/target cargo build --release"
)

RULE = Rule(
    code="CA360",
    name="copy-from-cache-mount",
    summary="Do not COPY from where a cache was mounted",
    why="What a RUN writes into a cache mount is not in its layer, and so not in the stage: "
    "`COPY --from=build /app/target/release/app` fails with `not found` although the RUN has just built it there. "
    "The RUN itself must copy it out, `&& cp target/release/app /usr/local/bin/`.\n\n"
    "It is reported only where nothing else in the stage can have written there.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "What cargo has built", f"{_BUILD}\n\nFROM debian\nCOPY --from=build ⟦/app/target/release/app⟧ /usr/bin/\n"
        ),
        Example(
            "Copied out in the RUN",
            f"{_BUILD} && cp target/release/app /bin/\n\nFROM debian\nCOPY --from=build /bin/app /usr/bin/\n",
        ),
        Example(
            "An earlier RUN may have built it without the mount",
            _BUILD.replace("RUN", "RUN cargo build --release\nRUN", 1)
            + "\n\nFROM debian\nCOPY --from=build /app/target/release/app /usr/bin/\n",
        ),
        Example("Of another stage", f"{_BUILD}\n\nFROM debian\nCOPY --from=debian /app/target/x /usr/bin/\n"),
    ),
    words=("type=cache",),
    links=("https://docs.docker.com/reference/dockerfile/#run---mounttypecache",),
)
