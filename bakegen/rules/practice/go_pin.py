"""Rule DF277: Go programs without a version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import actions, behind, script_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_VALUED = (
    "-C -p -asmflags -buildmode -compiler -gccgoflags -gcflags -installsuffix -ldflags -mod -modfile -overlay -pgo"
    " -pkgdir -tags -toolexec -o -exec -covermode -coverpkg"
)
_REMOTE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+/[^@]+")
_MOVING = ("@latest", "@upgrade", "@patch", "@master", "@main", "@HEAD")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in actions(subject, ("go",), ("install", "get", "run"), _VALUED):
        if _set_later(subject, action.call):
            continue
        words = action.operands[:1] if action.verb.text == "run" else action.operands
        for word in words:
            if not word.literal:
                continue
            moving = next((tag for tag in _MOVING if word.text.endswith(tag)), "")
            # Without a version, go install and go run ask the module that they stand in; go get takes the newest.
            if not moving and not (action.verb.text == "get" and _REMOTE.fullmatch(word.text)):
                continue
            what = word.text.partition("@")[0]
            message = f"go {action.verb.text} takes whatever version there is of {what}"
            yield Finding(word.span, message, f"write {what.removesuffix('/...')}@vVERSION")


def _set_later(subject: DockerfileSubject, call: ShellCall) -> bool:
    """Whether what is downloaded is set to a commit by git behind it."""
    later = behind(script_of(subject, call), call)
    return any(one.name == "git" and {"checkout", "reset"} & set(one.texts) for one in later)


RULE = Rule(
    code="DF277",
    name="go-pin",
    summary="Give the versions of Go programs",
    why="`@latest`, and `go get` without a version, take the newest one of the day: the same Dockerfile gives another "
    "program tomorrow, or one that wants a newer Go. BuildKit's cache hides that until the RUN has to run again. "
    "Versions stay in the module proxy, so a pin costs nothing but keeping it up to date.\n\n`go install "
    "example.com/x` without any version is left alone: inside a module it builds what `go.mod` names, which is pinned, "
    "and elsewhere Go refuses it. Variables are taken to hold a version.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("The newest", "FROM golang:1.24\nRUN go install ⟦golang.org/x/tools/gopls@latest⟧\n"),
        Example("go get", "FROM golang:1.24\nRUN go get -u ⟦github.com/golang/mock/mockgen⟧\n"),
        Example("A version", "FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@v0.18.1\n"),
        Example(
            "What go.mod says", "FROM golang:1.24\nCOPY . .\nRUN go install github.com/golang/mock/mockgen ./cmd/...\n"
        ),
        Example("The project itself", "FROM golang:1.24\nRUN go get -d -v ./... && go run . x@latest\n"),
        Example(
            "Set to a commit afterwards",
            "FROM golang:1.11\nRUN go get -d example.com/x/y && cd /go/src/example.com/x && git reset --hard 8aee9c9\n",
        ),
        Example("A variable", "FROM golang:1.24\nARG V=v1.0.0\nRUN go install example.com/tool@$V\n"),
    ),
    twins=("hadolint:DL3062",),
    words=("go",),
)
