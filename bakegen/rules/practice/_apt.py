"""apt-get and apt as rules see them: their actions, packages and what they leave behind.

Source: apt-get(8), apt(8), apt.conf(5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.practice._commands import Action, actions

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from bakegen.rules.calls import ShellCall, ShellWord
    from bakegen.rules.dockerfiles import DockerfileSubject

VALUED = "-o --option -t --target-release --default-release -a --host-architecture -P --build-profiles -c --config-file"
LISTS = "/var/lib/apt/lists"


def apt(subject: DockerfileSubject, *verbs: str, also: tuple[str, ...] = ()) -> Iterator[Action]:
    """All actions of apt-get and apt, and of the programs in `also`."""
    known: Container[str] = verbs
    yield from actions(subject, ("apt-get", "apt", *also), known, VALUED)


def sets(call: ShellCall, setting: str) -> bool:
    """Whether ``-o`` gives a setting, whatever its value."""
    return any(setting in text.lower() for text in call.texts)


def assumes_yes(call: ShellCall) -> bool:
    """Whether a call does not ask."""
    quiet = sum(text.count("q") for text in call.texts if text.startswith("-") and not text.startswith("--"))
    quiet += call.texts.count("--quiet")
    return (
        call.has("-y", "--yes", "--assume-yes", "--force-yes", "--assume-no", "-s", "--simulate", "--dry-run")
        or quiet > 1
        or any(
            text in ("-q=2", "--quiet=2", "--just-print", "--no-act", "--print-uris", "-qq=2") for text in call.texts
        )
        or sets(call, "apt::get::assume-yes")
    )


def packages(action: Action) -> list[ShellWord]:
    """The operands that name packages of an archive: no files, no packages to take away (``name-``)."""
    return [
        word
        for word in action.operands
        if word.literal and "/" not in word.text and not word.text.endswith((".deb", "-")) and "*" not in word.text
    ]
