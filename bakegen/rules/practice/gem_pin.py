"""Rule DF262: Ruby gems without a version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import actions, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_VALUED = (
    "-v --version -i --install-dir -n --bindir -s --source --platform -P --trust-policy -p --http-proxy --build-root"
    " -g --file --document --target-rbconfig --bulk-threshold -B --config-file --without"
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in actions(subject, ("gem",), ("install", "i"), _VALUED):
        if action.call.has("-v", "--version", "-g", "--file", "--prerelease"):
            continue
        ours = _before_build_options(action.call)
        loose = [
            word
            for word in action.operands
            if word.literal and _NAME.fullmatch(word.text) and not word.text.endswith(".gem") and word.span.start < ours
        ]
        if loose:
            message = f"gem installs whatever version there is of {listed(loose)}"
            yield Finding(loose[0].span, message, f"write {loose[0].text}:VERSION, or use a Gemfile")


def _before_build_options(call: ShellCall) -> int:
    """Where the words end that are for gem itself: behind ``--`` stand those for compiling."""
    return next((word.span.start for word in call.words if word.text == "--"), call.span.end)


RULE = Rule(
    code="DF262",
    name="gem-pin",
    summary="Give the versions of Ruby gems",
    why="Without a version, the newest one of the day is installed: the same Dockerfile gives another image tomorrow, "
    "or none. BuildKit's cache hides that until the RUN has to run again. Versions stay on rubygems.org, so a pin "
    "costs nothing but keeping it up to date. What a project needs belongs into its Gemfile and lock file.\n\nIt is a "
    "note because some images want the newest of a tool.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A name alone", "FROM ruby:3.4\nRUN gem install --no-document ⟦bundler⟧ rake:13.2.1\n"),
        Example("Options for compiling", "FROM ruby:3.4\nRUN gem install ⟦nokogiri⟧ -- --use-system-libraries yes\n"),
        Example("A version behind the name", "FROM ruby:3.4\nRUN gem install bundler:2.6.2\n"),
        Example(
            "A version as an option",
            "FROM ruby:3.4\nRUN gem install bundler -v 2.6.2 --source https://gems.example.com\n",
        ),
        Example("A file", "FROM ruby:3.4\nRUN gem install pkg/tool.gem tool-1.0.gem\n"),
        Example("From a Gemfile", "FROM ruby:3.4\nRUN gem install -g Gemfile && bundle install\n"),
    ),
    twins=("hadolint:DL3028",),
    words=("gem",),
)
