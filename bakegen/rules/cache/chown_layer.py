"""Rule CA309: a RUN gives an owner to what a COPY has brought, and stores all of it again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run, Transfer
from bakegen.facts.model import PlatformFacts
from bakegen.rules.cache._stages import absolute, destination, directory, exported, line, shown
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.offers import chosen, fix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_OWNER = re.compile(r"[\w.${}-]+(?::[\w.${}-]*)?")
_FILE = re.compile(r"[^/]*\.[A-Za-z0-9]{1,9}")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    calls = [call for call in subject.calls("chown") if call.has("-R", "--recursive") and not call.nested]
    if not calls:
        return
    shipped = exported(subject)
    for stage in subject.stages:
        if stage.index in shipped:
            for call in calls:
                if call.run in stage.commands:
                    yield from _stored_again(subject, stage, call)


def _stored_again(subject: DockerfileSubject, stage: Stage, call: ShellCall) -> Iterator[Finding]:
    words = call.operands("--from", "--reference")
    if call.has("--from", "--reference", "-h") or len(words) < 2 or not _OWNER.fullmatch(words[0].text):
        return
    owner = words[0].text
    if owner.partition(":")[0] in ("root", "0", ""):
        return
    run = call.run
    here = directory(subject, stage, run)
    if any(one.name in ("cd", "pushd") for one in subject.script(run).calls):
        here = None
    paths = [path for word in words[1:] if word.literal and (path := absolute(word.text, here)) is not None]
    above = [one for one in stage.commands[: stage.commands.index(run)] if isinstance(one, Transfer)]
    copies = [one for one in above if one.chown is None and _is_below(destination(subject, stage, one), paths)]
    if not copies:
        return
    copy = next((one for one in copies if not _is_small(one)), copies[-1])
    yield Finding(
        call.span,
        f"`chown -R {owner}` stores what `{shown(subject, copy)}` brings in the image a second time",
        f"say `--chown={_colon(owner)}` in the {line(copy)}",
        tuple((one.span, "brings files that are stored again") for one in copies),
        _fix(subject, run, owner),
        severity=Severity.NOTE if all(_is_small(one) for one in copies) else None,
    )


def _colon(owner: str) -> str:
    """An owner as COPY has it: it does not know ``user.group``."""
    user, dot, group = owner.partition(".")
    return f"{user}:{group}" if dot and ":" not in owner and "$" not in owner else owner


def _is_below(path: str | None, paths: list[str]) -> bool:
    return path is not None and any(path == one or path.startswith(one.rstrip("/") + "/") for one in paths)


def _is_small(command: Transfer) -> bool:
    """Whether a COPY brings single files by their looks."""
    return all(_FILE.fullmatch(source.text.rpartition("/")[2]) for source in command.sources)


def _fix(subject: DockerfileSubject, run: Run, owner: str) -> Fix | None:
    if not re.fullmatch(r"\d+:\d+", owner):
        return None
    for proposal in chosen(subject, "chown-copy"):
        if proposal.span == run.span:
            return fix_of(proposal, "Give the files their owner in the COPY")
    return None


_DEBIAN = {"debian": PlatformFacts("sha256:" + "d" * 64, listings={"/": ("srv", "usr"), "/srv": ()}, users={"root": 0})}

RULE = Rule(
    code="CA309",
    name="chown-layer",
    summary="Give files their owner in the COPY and not in a RUN behind it",
    why="A layer holds whole files. `chown -R` changes the owner of each file, so its layer holds all of them a second "
    "time, though not a byte of them is new: with a project of 300 MB the image grows by 300 MB. `COPY "
    "--chown=user:group` makes the files with that owner at once, and without another layer.\n\n"
    "Where the RUN also reaches files that other RUNs have made, these still need it: run the chown in the RUN that "
    "makes them, or change to the user above it. `--link` and a named owner do not go together: use numbers there. "
    "Stages that are in no image are not looked at.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "An owner in numbers can be moved into the COPY",
            "FROM debian\nCOPY src /srv/app\nRUN ⟦chown -R 1000:1000 /srv/app⟧\nUSER 1000\n",
            "FROM debian\nCOPY --chown=1000:1000 src /srv/app\nUSER 1000\n",
            safe=False,
            files={"src/main.py": ""},
            bases=_DEBIAN,
            message="`COPY src /srv/app`",
        ),
        Example(
            "A user that the image makes",
            "FROM debian\nWORKDIR /app\nCOPY . .\nRUN useradd app && ⟦chown -R app:app /app⟧\nUSER app\n",
        ),
        Example("In the COPY", "FROM debian\nCOPY --chown=1000:1000 src /srv/app\n"),
        Example("Other files", "FROM debian\nCOPY src /srv/app\nRUN mkdir /data && chown -R 1000 /data\n"),
        Example(
            "A stage that is in no image",
            "FROM debian AS build\nCOPY . /app\nRUN chown -R 1000 /app\nFROM scratch\nCOPY --from=build /app /app\n",
        ),
        Example("It is root's already", "FROM debian\nCOPY src /srv/app\nRUN chown -R root:root /srv/app\n"),
    ),
    words=("chown",),
)
