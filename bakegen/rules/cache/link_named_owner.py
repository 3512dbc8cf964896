"""Rule CA321: ``--link`` with the name of an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._links import linked, without_link
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, command in linked(subject):
        chown = command.chown
        # What a variable holds may be a number.
        if chown is None or "$" in chown.text:
            continue
        user, _, group = chown.text.partition(":")
        named = [name for name in (user, group) if name and not name.isdecimal() and name != "root"]
        if not named:
            continue
        why = "the build fails as it is; without --link the layer depends on what is below it"
        yield Finding(
            chown.span,
            f"--link looks {named[0]} up in an empty layer, where nobody has a name: the build fails",
            "write numbers, or copy without --link",
            fix=without_link(subject, command, safe=False, why=why),
        )


RULE = Rule(
    code="CA321",
    name="link-with-named-owner",
    summary="Give numbers to --chown beside --link",
    why="A name is looked up in `/etc/passwd` and `/etc/group`. With `--link` files are copied onto an empty layer, "
    "which has neither of them, so only numbers and `root` can be resolved; the build stops at any other name. The "
    "number of a user can be fixed where it is made: `useradd --uid 1000 app`.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A name",
            "FROM debian\nCOPY --link --chown=⟦www-data⟧ site /srv/\n",
            "FROM debian\nCOPY --chown=www-data site /srv/\n",
            safe=False,
            files={"site/index.html": ""},
            message="www-data",
        ),
        Example(
            "The name of a group",
            "FROM debian\nCOPY --chown=⟦33:www-data⟧ --link site /srv/\n",
            "FROM debian\nCOPY --chown=33:www-data site /srv/\n",
            safe=False,
        ),
        Example("Numbers and root", "FROM debian\nCOPY --link --chown=33:root a /srv/\n"),
        Example("A variable may hold a number", "FROM debian\nARG UID=1\nCOPY --link --chown=$UID a /srv/\n"),
        Example("Beside --chmod the link is ignored", "FROM debian\nCOPY --link --chmod=644 --chown=games a /srv/\n"),
    ),
    words=("--link",),
)
