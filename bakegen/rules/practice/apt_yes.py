"""Rule DF256: ``apt-get install`` that may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._apt import apt, assumes_yes
from bakegen.rules.practice._commands import is_fed, put_behind, script_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_ASKING = ("install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "autoremove", "build-dep")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if "assume-yes" in subject.lower.replace("--assume-yes", ""):
        return  # somewhere apt is configured not to ask
    for action in apt(subject, *_ASKING):
        call = action.call
        if not action.sure or assumes_yes(call) or is_fed(script_of(subject, call), call):
            continue
        fix = put_behind(
            action.verb, call, "-y", "Add -y", "packages that were kept back by the question are installed or removed"
        )
        message = f"{call.name} {action.verb.text} may ask, and nobody answers in a build"
        yield Finding(action.verb.span, message, "add -y", fix=fix)


RULE = Rule(
    code="DF256",
    name="apt-yes",
    summary="Tell apt-get not to ask",
    why="apt-get asks before it installs or removes more than it was told to. In a build there is nobody to answer: it "
    "reads the end of its input, takes that for a no, and the build stops with *Abort*. A RUN that works today, "
    "because the packages need nothing else, fails on the day when one of them gets a new dependency.\n\nNothing is "
    "reported where the answer comes through a pipe (`yes | apt-get install …`), or where a configuration in the file "
    "says `APT::Get::Assume-Yes`.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Nobody says yes",
            "FROM debian:13\nRUN apt-get update && apt-get ⟦install⟧ curl\n",
            "FROM debian:13\nRUN apt-get update && apt-get install -y curl\n",
            safe=False,
        ),
        Example(
            "One q is not two",
            "FROM debian:13\nRUN apt-get -q ⟦upgrade⟧\n",
            "FROM debian:13\nRUN apt-get -q upgrade -y\n",
            safe=False,
        ),
        Example("In the JSON form", 'FROM debian:13\nRUN ["apt-get", ⟦"install"⟧, "curl"]\n'),
        Example("Yes is said", "FROM debian:13\nRUN apt-get install -qy curl\n"),
        Example("Very quiet means yes", "FROM debian:13\nRUN apt-get -qq install curl && apt-get -q -q install git\n"),
        Example("The pipe answers", "FROM debian:13\nRUN yes | apt-get install curl\n"),
        Example("A variable that may say it", "FROM debian:13\nARG OPTIONS=-y\nRUN apt-get install $OPTIONS curl\n"),
        Example(
            "The configuration says it",
            "FROM debian:13\nRUN echo 'APT::Get::Assume-Yes \"true\";' >/etc/apt/apt.conf.d/90yes\n"
            "RUN apt-get install curl\n",
        ),
    ),
    twins=("hadolint:DL3014",),
    words=("apt",),
)
