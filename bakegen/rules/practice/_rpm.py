"""yum, dnf, microdnf and zypper as rules see them: their actions, what they are told, what they leave behind.

Source: yum(8), dnf(8), dnf5(8), zypper(8).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.rules.model import Finding
from bakegen.rules.practice._commands import (
    Action,
    actions,
    appended,
    behind,
    is_fed,
    mounted,
    put_behind,
    removes,
    script_of,
    shipped,
    tidied,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall, ShellWord
    from bakegen.rules.dockerfiles import DockerfileSubject

DNF_VALUED = (
    "-c --config -d --debuglevel -e --errorlevel -x --exclude --excludepkgs --disablerepo --disable-repo "
    "--enablerepo --enable-repo --repo --repoid --installroot --releasever --setopt --forcearch --repofrompath "
    "--destdir --downloaddir --comment --advisory --bz --cve --sec-severity --color --rpmverbosity --disableplugin "
    "--enableplugin"
)
ZYPPER_VALUED = (
    "-R --root --installroot -D --reposd-dir -C --cache-dir --raw-cache-dir --solv-cache-dir --pkg-cache-dir -c "
    "--config --userdata -p --plus-repo -r --repo --from -t --type --releasever --plus-content -d"
)
DNF_CACHES = ("/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum")
ZYPPER_CACHES = ("/var/cache/zypp",)

_DNF_ASKING = [
    "install",
    "in",
    "groupinstall",
    "localinstall",
    "reinstall",
    "rei",
    "update",
    "upgrade",
    "up",
    "update-minimal",
    "upgrade-minimal",
    "up-min",
    "downgrade",
    "dg",
    "remove",
    "rm",
    "erase",
    "autoremove",
    "distro-sync",
    "swap",
    "builddep",
    "group",
    "module",
]
_DNF_FILLING = [
    "install",
    "in",
    "groupinstall",
    "localinstall",
    "reinstall",
    "rei",
    "update",
    "upgrade",
    "up",
    "upgrade-minimal",
    "up-min",
    "distro-sync",
    "makecache",
    "swap",
    "builddep",
    "group",
    "module",
]
_VERSION = re.compile(r"-\d|^\d+:")


def dnf_asks(subject: DockerfileSubject, *names: str) -> Iterator[Finding]:
    """What is wrong where one of `names` may ask."""
    if "assumeyes=" in subject.lower.replace("--assumeyes=", ""):
        return  # configured somewhere
    for action in actions(subject, names, _DNF_ASKING, DNF_VALUED):
        call = action.call
        if action.verb.text in ("group", "module") and not _group_action(action):
            continue
        if not action.sure or call.has("-y", "--assumeyes", "--assumeno", "--downloadonly", "--help", "-h"):
            continue
        if is_fed(script_of(subject, call), call):
            continue
        fix = put_behind(action.verb, call, "-y", "Add -y", "what the question kept back happens")
        message = f"{call.name} {action.verb.text} asks, and nobody answers in a build"
        yield Finding(action.verb.span, message, "add -y", fix=fix)


def _group_action(action: Action) -> bool:
    wanted = ("install", "remove", "update", "upgrade", "enable", "disable", "reset")
    return bool(action.operands) and action.operands[0].text in wanted


def dnf_leaves(subject: DockerfileSubject, *names: str) -> Iterator[Finding]:
    """What is wrong where one of `names` leaves its cache in the image; one finding a RUN."""
    yield from _leaves(subject, names, _DNF_FILLING, DNF_VALUED, DNF_CACHES, ("yum", "dnf", "dnf5", "microdnf"))


def zypper_leaves(subject: DockerfileSubject) -> Iterator[Finding]:
    """What is wrong where zypper leaves its cache in the image; one finding a RUN."""
    verbs = ["install", "in", "update", "up", "patch", "dist-upgrade", "dup", "refresh", "ref", "source-install", "si"]
    yield from _leaves(subject, ("zypper",), verbs, ZYPPER_VALUED, ZYPPER_CACHES, ("zypper",))


def _leaves(
    subject: DockerfileSubject,
    names: tuple[str, ...],
    verbs: list[str],
    valued: str,
    caches: tuple[str, ...],
    cleaners: tuple[str, ...],
) -> Iterator[Finding]:
    last: dict[object, Action] = {}
    for action in actions(subject, names, verbs, valued):
        last[action.call.run] = action
    for action in last.values():
        call = action.call
        script = script_of(subject, call)
        if any(_cleans(one, cleaners) or removes(one, *caches) for one in behind(script, call)) or tidied(script, call):
            continue
        # A cache elsewhere, or another system's.
        if call.has("--installroot", "--root", "-R", "--cache-dir", "-C") or any(
            "cachedir" in one for one in call.texts
        ):
            continue
        if mounted(subject, call.run, *caches) or not shipped(subject, call):
            continue
        program = "yum" if call.name == "yum" else call.name
        command = f"{program} clean --all" if program == "zypper" else f"{program} clean all"
        fix = appended(subject, script, command, "Clean up", "later commands download again what the cache held")
        message = f"what {call.name} {action.verb.text} downloads stays in the image"
        yield Finding(call.span, message, f"end the RUN with {command}, or mount a cache on {caches[0]}", fix=fix)


def _cleans(call: ShellCall, cleaners: tuple[str, ...]) -> bool:
    return call.name in cleaners and any(text in ("clean", "cc") for text in call.texts)


def loose(action: Action) -> list[ShellWord]:
    """The operands of yum or dnf that name packages without a version."""
    return [
        word
        for word in action.operands
        if word.literal
        and not word.text.startswith("@")
        and not word.text.endswith(".rpm")
        and not any(char in word.text for char in "/*<>=:")
        and not _VERSION.search(word.text)
    ]


# --- zypper


def zypper_asks(subject: DockerfileSubject) -> Iterator[Finding]:
    """What is wrong where zypper may ask."""
    verbs = [
        "install",
        "in",
        "remove",
        "rm",
        "source-install",
        "si",
        "patch",
        "update",
        "up",
        "dist-upgrade",
        "dup",
        "install-new-recommends",
        "inr",
    ]
    for action in actions(subject, ("zypper",), verbs, ZYPPER_VALUED):
        call = action.call
        if not action.sure or call.has("-n", "--non-interactive", "--non-interactive-include-reboot-patches"):
            continue
        if call.has("-y", "--no-confirm", "--dry-run", "-D", "--download-only"):
            continue
        if is_fed(script_of(subject, call), call):
            continue
        why = "what the question kept back happens"
        fix = put_behind(call.program, call, "--non-interactive", "Add --non-interactive", why)
        message = f"zypper {action.verb.text} asks, and nobody answers in a build"
        yield Finding(action.verb.span, message, "put --non-interactive before it", fix=fix)


def zypper_upgrades(subject: DockerfileSubject) -> Iterator[Finding]:
    """All upgrades of a whole distribution that is no rolling one."""
    for action in actions(subject, ("zypper",), ("dist-upgrade", "dup"), ZYPPER_VALUED):
        if "tumbleweed" not in subject.lower and "microos" not in subject.lower:
            message = f"zypper {action.verb.text} replaces the packages of the base image"
            yield Finding(action.verb.span, message, "build on a newer base image")


def unversioned(action: Action) -> list[ShellWord]:
    """The operands of ``zypper install`` that name packages without a version."""
    return [
        word
        for word in action.operands
        if word.literal and not word.text.endswith(".rpm") and not any(char in word.text for char in "/*<>=:")
    ]
