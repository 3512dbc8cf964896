"""Rule CA368: an ARG that hides an ENV from the RUNs, and not from the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Env, Run
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import ArgItem, Pair
    from bakegen.rules.dockerfiles import DockerfileSubject


def _reads(text: str, name: str) -> bool:
    return f"${name}" in text or f"${{{name}" in text


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        kept: dict[str, Pair] = {}
        hiding: dict[str, ArgItem] = {}
        for command in stage.commands:
            if isinstance(command, Env):
                for pair in command.pairs:
                    kept[pair.key] = pair
                    # Behind an ENV both are the same again.
                    hiding.pop(pair.key, None)
            elif isinstance(command, Arg):
                for item in command.items:
                    if item.name in kept and _differs(item, kept[item.name]):
                        hiding[item.name] = item
            elif isinstance(command, Run):
                for name, item in hiding.items():
                    yield Finding(
                        item.span,
                        f"RUNs see {name}={item.default}, and the image keeps the {kept[name].value} of the ENV above",
                        "set it in one place, or give the ARG another name",
                        ((kept[name].span, "what the image keeps"),),
                    )
                hiding = {}


def _differs(item: ArgItem, pair: Pair) -> bool:
    """Whether an ARG has a default of its own that the ENV has not."""
    if item.default is None or item.default.strip("\"'") == pair.value.strip("\"'"):
        return False
    return not _reads(item.default, item.name) and not _reads(pair.value, item.name)


RULE = Rule(
    code="CA368",
    name="arg-over-env",
    summary="Do not declare an ARG of the same name below an ENV",
    why="The last one to set a variable wins, for the RUNs of the build. But an ARG is no part of the image: after "
    "`ENV MODE=fast` and `ARG MODE=safe` all RUNs below see `safe`, and the container sees `fast`, with two values of "
    "one name in one Dockerfile. And because the ARG is in the environment, every `--build-arg` for it has these RUNs "
    "run again.\n\nThe other way round, `ARG MODE=safe` and then `ENV MODE=$MODE`, is the usual way to keep an "
    "argument in the image.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Two values", "FROM busybox\nENV MODE=fast\nARG ⟦MODE=safe⟧\nRUN echo $MODE > /mode\n"),
        Example("Kept in the image", "FROM busybox\nARG MODE=safe\nENV MODE=$MODE\nRUN echo $MODE > /mode\n"),
        Example("No default", "FROM busybox\nENV MODE=fast\nARG MODE\nRUN echo $MODE > /mode\n"),
        Example("The same value", "FROM busybox\nENV MODE=fast\nARG MODE=fast\nRUN echo $MODE > /mode\n"),
        Example("Another stage", "FROM busybox\nENV MODE=fast\nFROM busybox\nARG MODE=safe\nRUN echo $MODE\n"),
        Example("No RUN sees it", "FROM busybox\nENV MODE=fast\nRUN echo $MODE\nARG MODE=safe\n"),
    ),
    words=("arg",),
    links=("https://docs.docker.com/reference/dockerfile/#using-arg-variables",),
)
