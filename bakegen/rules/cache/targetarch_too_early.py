"""Rule CA337: the target platform as an ARG above RUNs of the build platform that do not look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Run
from bakegen.rewrites.sinking import ON_DEBIAN
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Command
    from bakegen.rules.calls import RunScript
    from bakegen.rules.dockerfiles import DockerfileSubject

_TARGET = frozenset(("TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETOSVERSION"))
_WHAT = "Move it down to its first reader"
_BUILD = ("$BUILDPLATFORM", "${BUILDPLATFORM}")


_BLIND = frozenset(
    (
        "apk", "apt", "apt-get", "cat", "cd", "chmod", "chown", "cp", "curl", "dnf", "echo", "git", "install", "ln",
        "ls", "microdnf", "mkdir", "mv", "rm", "rustup", "set", "tar", "test", "touch", "true", "unzip",
        "update-ca-certificates", "useradd", "wget", "yum",
    )
)  # fmt: skip


def _is_blind(script: RunScript) -> bool:
    """Whether nothing that a RUN calls looks at the variables of the target platform by itself."""
    return bool(script.calls) and all(
        call.name in _BLIND or (call.name == "go" and call.texts[:2] in (("mod", "download"), ("mod", "verify")))
        for call in script.calls
    )


def _reader(subject: DockerfileSubject, stage: Stage, arg: Arg) -> tuple[int, Command | None]:
    """How many RUNs below an ARG surely do not look at the target, and the first instruction that may."""
    names = {item.name for item in arg.items}
    # What another of them has made different for each platform anyway costs nothing more.
    above = (one for one in stage.commands if isinstance(one, Arg))
    others = {item.name for one in above for item in one.items if item.name in _TARGET}
    runs = 0
    for command in stage.commands[stage.commands.index(arg) + 1 :]:
        text = command.node.original + "".join(heredoc.body for heredoc in command.node.heredocs)
        if any(name in text for name in names):
            return runs, command
        if isinstance(command, Run) and any(name in text for name in others):
            return runs, command
        if isinstance(command, Run):
            if not _is_blind(subject.script(command)):
                return runs, command
            runs += 1
    return runs, None


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    from bakegen.rewrites.moves import move_before

    for stage, arg in subject.own(Arg):
        found = [item.name for item in arg.items]
        if not set(found) <= _TARGET:
            continue
        platform = lineage(subject, stage)[0].start.platform
        if platform is None or platform.text.strip('"') not in _BUILD:
            continue
        runs, reader = _reader(subject, stage, arg)
        if not runs:
            continue
        proved = [one for one in subject.offers("sink-arg") if one.span.start == arg.span.start and one.proved]
        fix = None
        if proved:
            fix = Fix(proved[0].edits, _WHAT, True, proved[0].reason)
        elif reader is not None:
            why = f"no command above line {reader.node.line} is known to look at {' or '.join(found)}"
            fix = Fix(move_before(subject.dockerfile, (arg.node,), reader.node), _WHAT, False, why)
        count = "a RUN" if runs == 1 else f"{runs} RUNs"
        yield Finding(
            arg.span,
            f"ARG {' '.join(found)} has {count} repeated for each platform although nothing there looks at it",
            "declare it right above its first reader",
            fix=fix,
        )


RULE = Rule(
    code="CA337",
    name="targetarch-too-early",
    summary="Declare the target platform below what all platforms share",
    why="A stage `FROM --platform=$BUILDPLATFORM` runs on the builder's own platform, and what it does is the same for "
    "every target until it asks for `TARGETARCH`: BuildKit does it once for all platforms. `ARG TARGETARCH` puts the "
    "value into the environment of every RUN below it, and from there on each platform has steps of its own. Tools and "
    "dependencies that are downloaded below it are downloaded once a platform.\n\n"
    "In a stage for the target platform it costs nothing: there the platform is in every cache key anyway.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Above a RUN that all platforms could share",
            "FROM --platform=$BUILDPLATFORM debian AS build\n⟦ARG TARGETARCH⟧\nRUN mkdir -p /src\n"
            "RUN echo $TARGETARCH > /src/arch\n\nFROM scratch\nCOPY --from=build /src/arch /\n",
            "FROM --platform=$BUILDPLATFORM debian AS build\nRUN mkdir -p /src\nARG TARGETARCH\n"
            "RUN echo $TARGETARCH > /src/arch\n\nFROM scratch\nCOPY --from=build /src/arch /\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "Dependencies of Go",
            "FROM --platform=$BUILDPLATFORM golang AS build\n⟦ARG TARGETOS TARGETARCH⟧\nWORKDIR /src\n"
            "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\n"
            "RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /app .\n",
            "FROM --platform=$BUILDPLATFORM golang AS build\nWORKDIR /src\n"
            "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\n"
            "ARG TARGETOS TARGETARCH\nRUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /app .\n",
            safe=False,
        ),
        Example(
            "Every platform has a base of its own",
            "FROM debian\nARG TARGETARCH\nRUN mkdir -p /src\nRUN echo $TARGETARCH > /src/arch\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "Right above its reader",
            "FROM --platform=$BUILDPLATFORM debian\nRUN mkdir /src\nARG TARGETARCH\nRUN echo $TARGETARCH > /src/arch\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "Another one makes the RUN different for each platform anyway",
            "FROM --platform=$BUILDPLATFORM debian\nARG TARGETOS\nARG TARGETARCH\nRUN echo $TARGETOS > /os\n"
            "RUN echo $TARGETARCH > /arch\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "A script may look at it",
            "FROM --platform=$BUILDPLATFORM debian\nCOPY build.sh /\nARG TARGETARCH\nRUN /build.sh\n",
            bases=ON_DEBIAN,
        ),
    ),
    words=("targetplatform", "targetos", "targetarch", "targetvariant"),
    links=("https://docs.docker.com/build/building/multi-platform/#cross-compilation",),
)
