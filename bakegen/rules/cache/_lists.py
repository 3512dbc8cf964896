"""Package lists: which RUN fetches them, which one installs out of them; used by two rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.cache._mounts import APT
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.rules.calls import RunScript, ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_INSTALLS = ("install", "add", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "satisfy", "-U", "fetch")
_FAMILIES = {**dict.fromkeys(APT, "apt"), "apk": "apk"}


@dataclass(frozen=True)
class Lists:
    """What one RUN does with package lists.

    Attributes:
        script: the RUN.
        updates: the first call that fetches the lists, by package manager.
        installs: the first call that installs, by package manager, with whether it fetches lists itself.
        removes: whether something in it may remove the lists.
    """

    script: RunScript
    updates: dict[str, ShellCall]
    installs: dict[str, ShellCall]
    removes: bool

    @property
    def understood(self) -> bool:
        """Whether the RUN's text could be read at all."""
        return bool(self.script.calls)


def lists_of(script: RunScript) -> Lists:
    """What a RUN does with package lists."""
    updates: dict[str, ShellCall] = {}
    installs: dict[str, ShellCall] = {}
    removes = False
    for call in script.calls:
        family = _FAMILIES.get(call.name)
        if call.name == "rm" and any(text.startswith("/var/") for text in call.texts):
            removes = True
        if family is None:
            continue
        if call.sub == "update" or call.has("-U", "--update-cache", "--update"):
            updates.setdefault(family, call)
        if call.sub in _INSTALLS and not call.has("--no-cache") and not _is_local(call):
            installs.setdefault(family, call)
    return Lists(script, updates, installs, removes)


def _is_local(call: ShellCall) -> bool:
    """Whether a call only looks, or installs nothing but files that are there."""
    packages = call.operands("-t", "--target-release", "-o", "--option", "--virtual", "-X", "--repository")[1:]
    files = [one for one in packages if one.text.startswith(("/", "./", "../")) or one.text.endswith((".deb", ".apk"))]
    return call.has("-s", "--simulate", "--dry-run") or (bool(packages) and len(files) == len(packages))


def by_stage(subject: DockerfileSubject) -> dict[int, list[Lists]]:
    """The RUNs of each stage in order, those inside an ONBUILD left out."""
    found: dict[int, list[Lists]] = {}
    for script in subject.scripts:
        if not script.onbuild:
            found.setdefault(script.stage, []).append(lists_of(script))
    return found
