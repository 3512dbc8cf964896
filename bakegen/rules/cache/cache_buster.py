"""Rule CA350: an ARG that is there to defeat the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Run
from bakegen.rules.cache._busters import is_buster
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, arg in subject.own(Arg):
        for item in arg.items:
            if not is_buster(item.name):
                continue
            runs = [one for one in stage.commands[stage.commands.index(arg) + 1 :] if isinstance(one, Run)]
            if not runs:
                continue
            count = f"{len(runs)} RUNs" if len(runs) > 1 else "RUN"
            yield Finding(
                item.span,
                f"{item.name} is there to have the {count} below run again, and has everything behind them run again",
                f"build with --no-cache-filter {stage.label} instead, or let what is fetched be the cache key",
            )


RULE = Rule(
    code="CA350",
    name="cache-buster",
    summary="Let the builder skip the cache, not an ARG",
    why="`ARG CACHEBUST` with another value each time defeats the cache for what is below it. The builder can do that "
    "without the Dockerfile's help: `docker buildx build --no-cache-filter STAGE`, or `no-cache-filter` of a bake "
    "target, runs one stage again and leaves the others alone.\n\n"
    "Where the reason is a download that moves, let it be the cache key: `ADD https://….git#main` looks whether "
    "the branch has moved, and only then what is below it runs again. An ARG that holds a version that was looked up "
    "before the build does the same.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The usual one",
            "FROM debian\nRUN mkdir /x\nARG ⟦CACHEBUST=1⟧\nRUN git clone https://github.com/a/b.git\n",
        ),
        Example("A date", "FROM debian\nARG ⟦CACHE_DATE⟧\nRUN echo $CACHE_DATE && mkdir /x\n"),
        Example("Nothing below it runs", "FROM debian\nRUN mkdir /x\nARG CACHEBUST=1\nCOPY a /a\n"),
        Example("Another cache", "FROM debian\nARG CACHE_DIR=/cache\nRUN mkdir $CACHE_DIR\n"),
    ),
    words=("bust", "break", "cache_date", "cachedate", "invalidat", "killer", "no_cache", "nocache", "skip_cache",
           "skipcache", "disable_cache", "disablecache", "rebuild"),
    links=("https://docs.docker.com/reference/cli/docker/buildx/build/#no-cache-filter",),
)  # fmt: skip
