"""Rule DF274: ``useradd`` with a high number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.practice._commands import inserted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall, ShellWord
    from bakegen.rules.dockerfiles import DockerfileSubject

_HIGH = 100_000
_ENTRY = 292
"""Bytes of one user's entry in /var/log/lastlog."""


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for call in subject.calls("useradd"):
        found = _number(call)
        if found is None or call.has("-l", "--no-log-init", "-D", "-r", "--system"):
            continue
        word, number = found
        if number < _HIGH:
            continue
        edit = inserted(call.program, call, "-l")
        fix = None
        if edit is not None:
            why = "only the logs of last logins differ, in which the new user has none"
            fix = Fix((edit,), "Add -l", True, why, ("/var/log/lastlog", "/var/log/faillog"))
        size = max(1, number * _ENTRY // 1_000_000)
        message = f"useradd makes /var/log/lastlog up to {size} MB large, to have room for user {number}"
        yield Finding(word.span, message, "add -l", fix=fix)


def _number(call: ShellCall) -> tuple[ShellWord, int] | None:
    """The word with the number of the new user, where it is written down."""
    words = iter(call.words)
    for word in words:
        text = word.text
        value = ""
        if text in ("-u", "--uid") or (text.startswith("-") and not text.startswith("--") and text.endswith("u")):
            word = next(words, word)
            value = word.text
        elif text.startswith("--uid="):
            value = text[6:]
        elif text.startswith("-u"):
            value = text[2:]
        if value and value.isascii() and value.isdigit() and word.literal:
            return word, int(value)
    return None


RULE = Rule(
    code="DF274",
    name="useradd-log",
    summary="Tell useradd to leave the login logs alone for users with high numbers",
    why="`useradd` clears the new user's entry in `/var/log/lastlog` and `/var/log/faillog`, where the user's number "
    "is the place. The files become as long as the number is high: 29 MB for 100000, 292 GB for a thousand million. "
    "They are sparse, with holes in place of zeros, but layers know no holes: the build becomes slow, or fills the "
    "disk. `-l` (`--no-log-init`) leaves the files as they are.\n\nImages without these files are not "
    "concerned, and there `-l` does no harm.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A high number",
            "FROM debian\nRUN useradd -m -u ⟦1000000⟧ app\n",
            "FROM debian\nRUN useradd -l -m -u 1000000 app\n",
        ),
        Example(
            "In one word",
            "FROM debian\nRUN useradd ⟦--uid=200000⟧ app\n",
            "FROM debian\nRUN useradd -l --uid=200000 app\n",
        ),
        Example("A low number", "FROM debian\nRUN useradd -u 10001 app\n"),
        Example("Logs left alone", "FROM debian\nRUN useradd -lu 1000000 app && useradd --no-log-init -u 1000001 b\n"),
        Example("A number that is not known", "FROM debian\nARG UID=1000\nRUN useradd -u $UID app\n"),
        Example("Of a group", "FROM debian\nRUN groupadd -g 1000000 app && useradd -g 1000000 app\n"),
    ),
    twins=("hadolint:DL3046",),
    words=("useradd",),
)
