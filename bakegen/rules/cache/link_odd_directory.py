"""Rule CA322: ``--link`` through a directory that has another mode or owner than it gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.facts.model import DirectoryFacts, PlatformFacts
from bakegen.rules.cache._links import facts, link_flag, linked, past, way, without_link
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Transfer
    from bakegen.rules.dockerfiles import DockerfileSubject

_EVERYWHERE = {
    "/tmp": "root's with the mode 1777",
    "/var/tmp": "root's with the mode 1777",
    "/root": "closed to others",
}
"""Directories that are no plain ones in whatever image has them."""


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, command in linked(subject):
        path, found, severity = _odd(subject, stage, command)
        if path:
            why = f"{path} stays as it is, and is not changed as it is now"
            owner = command.chown.text if command.chown is not None else "root"
            yield Finding(
                link_flag(command),
                f"--link makes {path} a directory of {owner} with the mode 0755, and it is {found}",
                "copy without --link, or to another directory",
                ((command.destination.span, "leads there"),),
                without_link(subject, command, safe=False, why=why),
                severity=severity,
            )


def _odd(subject: DockerfileSubject, stage: Stage, command: Transfer) -> tuple[str, str, Severity]:
    """The first directory on the way that would change, what it is, and how sure that is; "" for none."""
    places = way(subject, stage, command)
    image = lineage(subject, stage)[0].start.image.text
    if facts(subject, stage) is not None or image == "scratch":
        return _by_facts(subject, command, places)
    for path in places:
        if path in _EVERYWHERE and "$" not in image:
            return path, _EVERYWHERE[path], Severity.WARNING
    return "", "", Severity.ERROR


def _by_facts(subject: DockerfileSubject, command: Transfer, places: list[str]) -> tuple[str, str, Severity]:
    from bakegen.rewrites.standing import ROOT, owner_of

    before = past(subject, command) if places else None
    if before is None:
        return "", "", Severity.ERROR
    owner = owner_of(before[1].step.chown) if before[1].step.chown else ROOT
    for path in places:
        standing = before[0].directory(path)
        if owner is None or standing.wrong or standing.doubts or not standing.owner:
            continue
        if standing.odd(owner):
            return path, f"{standing.owner} {standing.mode:04o}", Severity.ERROR
    return "", "", Severity.ERROR


_DEBIAN = PlatformFacts(
    "sha256:" + "d" * 64,
    odd_directories={"/priv": DirectoryFacts(0, 0, 0o700)},
    listings={"/": ("etc", "priv", "srv"), "/srv": (), "/etc": ()},
    users={"root": 0},
)

RULE = Rule(
    code="CA322",
    name="link-onto-odd-directory",
    summary="Do not copy with --link into /tmp, /root and other directories of their own mode",
    why="`COPY --link` fills an empty layer and lays it over the image. All directories on the way are in that layer, "
    "made with the mode 0755 for root or the owner in `--chown`, and replace what the image had: with `--link` to "
    "`/tmp/x`, `/tmp` is no longer writable for others, to `/root/.config`, root's home is open to all. The build says "
    "nothing.\n\n"
    "With the facts of the base image in the lock file every directory is known; without them only those are reported "
    "that are the same in all images.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Others can no longer write in /tmp",
            "FROM debian\nCOPY ⟦--link⟧ tool.deb /tmp/\n",
            "FROM debian\nCOPY tool.deb /tmp/\n",
            safe=False,
            files={"tool.deb": ""},
            message="/tmp a directory of root with the mode 0755",
        ),
        Example(
            "The facts of the image know others",
            "FROM debian\nCOPY ⟦--link⟧ key /priv/keys/key\n",
            "FROM debian\nCOPY key /priv/keys/key\n",
            safe=False,
            files={"key": ""},
            bases={"debian": _DEBIAN},
            message="0700",
        ),
        Example("A plain directory", "FROM debian\nCOPY --link a /srv/\n", bases={"debian": _DEBIAN}),
        Example("Nothing is there", "FROM scratch\nCOPY --link a /tmp/\n"),
        Example("A name that only looks like it", "FROM debian\nCOPY --link a /tmpfiles/\n"),
        Example("Without --link", "FROM debian\nCOPY a /tmp/\n"),
    ),
    words=("--link",),
)
