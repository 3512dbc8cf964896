"""Rule DF258: npm packages without a version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import actions, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_VERBS = ("install", "i", "add", "in", "ins", "isntall", "install-test", "it")
_VALUED = (
    "--prefix -C --registry --loglevel --cache --userconfig --globalconfig --omit --include --only --workspace -w --tag"
    " --install-strategy --fetch-retries --fetch-timeout --maxsockets --network-timeout --python --arch --os --cpu"
    " --libc --script-shell --cache-min --cache-max --https-proxy --proxy --noproxy --cafile --before"
)
_NAME = re.compile(r"(?:@[a-z0-9~-][\w.~-]*/)?[A-Za-z0-9][\w.~-]*")
_ARCHIVE = (".tgz", ".tar.gz", ".tar")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in actions(subject, ("npm",), _VERBS, _VALUED):
        if action.call.has("--tag", "--before"):
            continue
        loose = [
            word
            for word in action.operands
            if word.literal
            and _NAME.fullmatch(word.text)
            and not word.text.endswith(_ARCHIVE)
            and word.text not in ("true", "false")  # the value of an option: npm takes it where there is one
        ]
        if loose:
            message = f"npm installs whatever version there is of {listed(loose)}"
            yield Finding(loose[0].span, message, f"write {loose[0].text}@VERSION")


RULE = Rule(
    code="DF258",
    name="npm-pin",
    summary="Give the versions of npm packages",
    why="Without a version, the newest one of the day is installed: the same Dockerfile gives another image tomorrow, "
    "or none. BuildKit's cache hides that until the RUN has to run again. Versions stay in the registry, so a pin "
    "costs nothing but keeping it up to date. What the project itself needs belongs into `package.json` and its lock "
    "file, and `npm ci` installs that.\n\nNothing is reported for a tag (`npm@latest`), which says what is wanted, "
    "nor for addresses, files, directories and variables. It is a note because some images want the newest of a tool.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A name alone", "FROM node:24\nRUN npm install -g ⟦typescript⟧ eslint@9.1.0\n"),
        Example("With a scope", "FROM node:24\nRUN npm i --registry https://npm.example.com ⟦@angular/cli⟧\n"),
        Example("A version", "FROM node:24\nRUN npm install -g typescript@5.8.2 @angular/cli@20\n"),
        Example("The lock file", "FROM node:24\nRUN npm ci && npm install --omit dev\n"),
        Example(
            "Files and addresses", "FROM node:24\nRUN npm install ./a b.tgz git+https://example.com/c.git user/repo\n"
        ),
        Example("A tag", "FROM node:24\nRUN npm install -g npm@latest\n"),
    ),
    twins=("hadolint:DL3016",),
    words=("npm",),
)
