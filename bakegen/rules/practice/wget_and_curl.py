"""Rule DF278: two programs that download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall, ShellWord
    from bakegen.rules.dockerfiles import DockerfileSubject

_BOTH = ("curl", "wget")
_MANAGERS = ("apt-get", "apt", "apk", "yum", "dnf", "dnf5", "microdnf", "zypper", "pacman", "aptitude")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if not all(word in subject.lower for word in _BOTH):
        return
    for stage in range(len(subject.stages)):
        used: dict[str, ShellCall] = {}
        installed: dict[str, ShellWord] = {}
        for script in subject.scripts:
            if script.stage != stage:
                continue
            for call in script.calls:
                if call.name in _BOTH:
                    used.setdefault(call.name, call)
                elif call.name in _MANAGERS:
                    for word in call.words:
                        if word.text.partition("=")[0] in _BOTH:
                            installed.setdefault(word.text.partition("=")[0], word)
        if len(used) == 2 and installed:
            one = "wget" if "wget" in installed else "curl"
            other = "curl" if one == "wget" else "wget"
            yield Finding(
                installed[one].span,
                f"{one} is installed in a stage that also downloads with {other}",
                f"use {other} for all downloads" if other in installed or len(installed) == 1 else "",
                ((used[one].program.span, f"{one} is used here"), (used[other].program.span, f"{other} is used here")),
            )


RULE = Rule(
    code="DF278",
    name="wget-and-curl",
    summary="Install one of wget and curl",
    why="Both download files. Each is one more package to install, to patch and to explain, and one more set of "
    "habits: `curl` goes on after an error 404 unless it is told `-f`, `wget` does not. Reported where a stage uses "
    "both and installs at least one of them for that; where both are there anyway, it costs nothing, and nothing is "
    "said.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Both are installed",
            "FROM debian:13\nRUN apt-get install -y curl ⟦wget⟧\nRUN curl -fLO https://example.com/a\n"
            "RUN wget -q https://example.com/b\n",
        ),
        Example(
            "One is there", "FROM debian:13\nRUN apt-get install -y ⟦curl⟧ && curl -fLO x.example && wget y.example\n"
        ),
        Example("Both are there", "FROM buildpack-deps:trixie\nRUN curl -fLO x.example && wget -q y.example\n"),
        Example("One is not used", "FROM debian:13\nRUN apt-get install -y curl wget && curl -fLO x.example\n"),
        Example(
            "In two stages",
            "FROM debian:13 AS a\nRUN apt-get install -y curl && curl -fLO x.example\nFROM alpine:3.22\n"
            "RUN wget -q y.example\n",
        ),
    ),
    twins=("hadolint:DL4001",),
    words=("wget",),
)
