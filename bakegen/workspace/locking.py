"""The lock file of a project: how it is made, renewed and checked.

What is needed comes from `base_needs`, facts from `registry_bases` and `engine_bases`; the text is `facts.lockfile`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import EngineError
from bakegen.facts.lockfile import Lock
from bakegen.facts.model import LOCK_FILE, BaseFacts
from bakegen.workspace.registry_bases import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.workspace.base_needs import Need
    from bakegen.workspace.registry_bases import BaseReader
    from bakegen.workspace.registry_failure import Failure

_ROUNDS = 8  # what is read may have ONBUILD that needs more


class Sources:
    """Where facts are read: registries, and the engine for what those do not give."""

    def __init__(self, reader: BaseReader, say: Callable[[str], None], *, from_engine: bool = False) -> None:
        self._reader = reader
        self._say = say
        self._from_engine = from_engine

    def digests(self, references: Sequence[str]) -> Mapping[str, str | Failure]:
        """The digest that each reference has now, or why its registry does not tell."""
        return self._reader.digests(references)

    def facts(self, wanted: Mapping[str, Wanted]) -> dict[str, BaseFacts | str]:
        """The facts of each image, or why they are not known."""
        found: dict[str, BaseFacts | str] = {}
        refused: dict[str, str] = {}
        if self._from_engine:
            refused = dict.fromkeys(wanted, "")
        else:
            for name, one in self._reader.facts(wanted).items():
                if isinstance(one, BaseFacts):
                    found[name] = one
                else:
                    refused[name] = one.reason
        for name, reason in refused.items():
            found[name] = self._of_engine(name, wanted[name], reason)
        return found

    def _of_engine(self, name: str, wanted: Wanted, reason: str) -> BaseFacts | str:
        from bakegen.workspace.engine_bases import engine_facts

        if reason:
            self._say(f"{name}: its registry does not give it ({reason}); asking the engine")
        try:
            return engine_facts(wanted, self._say)
        except EngineError as problem:
            return f"{reason}; and by the engine: {problem}" if reason else str(problem)


@dataclass(frozen=True)
class Refreshed:
    """A lock made current.

    Attributes:
        lock: what is to be written.
        added, updated, removed: names of base images, sorted; `updated` have another digest or further platforms.
        failures: name -> why it could not be read; what was known of it stays.
    """

    lock: Lock
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)


def refresh(
    needs_of: Callable[[Lock], Mapping[str, Need]], old: Lock, sources: Sources, update: Callable[[str], bool]
) -> Refreshed:
    """Reads what is needed and not locked, and again the digests of those that `update` says.

    A further platform of a base that is locked is read at the locked digest.
    """
    bases = dict(old.bases)
    failures: dict[str, str] = {}
    renewed: set[str] = set()
    needs: Mapping[str, Need] = {}
    for _ in range(_ROUNDS):
        needs = needs_of(Lock(bases))
        again = [name for name in needs if name in bases and name not in renewed and update(name)]
        moved = _moved([needs[name] for name in again], bases, sources)
        renewed |= needs.keys()
        wanted = {
            name: one
            for name, need in needs.items()
            if name not in failures and (one := _wanted(need, bases.get(name), renew=name in moved)) is not None
        }
        if not wanted:
            break
        for name, found in sources.facts(wanted).items():
            if isinstance(found, str):
                failures[name] = found
                continue
            known = bases.get(name)
            kept = known.platforms if known is not None and known.digest == found.digest else {}
            bases[name] = BaseFacts(found.digest, {**kept, **found.platforms}, needs[name].reference)
    kept_bases = {name: _restricted(bases[name], need) for name, need in needs.items() if name in bases}
    return Refreshed(
        Lock(kept_bases),
        tuple(sorted(kept_bases.keys() - old.bases.keys())),
        tuple(sorted(name for name in kept_bases.keys() & old.bases.keys() if kept_bases[name] != old.bases[name])),
        tuple(sorted(old.bases.keys() - kept_bases.keys())),
        failures,
    )


def _moved(needs: Sequence[Need], bases: Mapping[str, BaseFacts], sources: Sources) -> set[str]:
    """Those whose reference has another digest now, or none that can be told."""
    digests = sources.digests([need.image for need in needs if "@" not in need.image])
    return {need.name for need in needs if "@" not in need.image and digests[need.image] != bases[need.name].digest}


def _wanted(need: Need, base: BaseFacts | None, *, renew: bool) -> Wanted | None:
    """What has to be read; None where the lock has it all."""
    if base is None or base.reference != need.reference or renew:
        return Wanted(need.image, tuple(need.platforms))
    missing = tuple(platform for platform in need.platforms if platform not in base.platforms)
    return Wanted(f"{need.image.partition('@')[0]}@{base.digest}", missing) if missing else None


def _restricted(base: BaseFacts, need: Need) -> BaseFacts:
    platforms = {name: facts for name, facts in base.platforms.items() if name in need.platforms}
    return replace(base, platforms=platforms)


def check(needs: Mapping[str, Need], lock: Lock) -> list[Diagnostic]:
    """What is missing in the lock file, or stands in it for nothing."""
    found: list[Diagnostic] = []
    advice = "run `bakegen lock` and commit the result"
    for name, need in needs.items():
        base = lock.bases.get(name)
        if base is None:
            found.append(error("stale-lock", f"{LOCK_FILE} lacks {name}", need.place, help=advice))
        elif base.reference != need.reference:
            message = f"{name} is {need.image} now, and locked as {base.reference or name}"
            found.append(error("stale-lock", message, need.place, help=advice))
        elif missing := [platform for platform in need.platforms if platform not in base.platforms]:
            message = f"{LOCK_FILE} knows nothing of {name} for {', '.join(missing)}"
            found.append(error("stale-lock", message, need.place, help=advice))
    for name in sorted(lock.bases.keys() - needs.keys()):
        found.append(error("stale-lock", f"nothing is built from {name} any more", lock.places.get(name), help=advice))
    return found


def check_digests(
    needs: Mapping[str, Need], lock: Lock, sources: Sources, update: Callable[[str], bool]
) -> tuple[list[Diagnostic], dict[str, str]]:
    """What has another digest in its registry than in the lock file; and what could not be asked about, and why."""
    asked = [need for name, need in needs.items() if name in lock.bases and update(name) and "@" not in need.image]
    digests = sources.digests([need.image for need in asked])
    found: list[Diagnostic] = []
    failures: dict[str, str] = {}
    for need in asked:
        now, base = digests[need.image], lock.bases[need.name]
        if not isinstance(now, str):
            failures[need.name] = now.reason
        elif now != base.digest and base.reference == need.reference:
            message = f"{need.image} is {now} now, and locked as {base.digest}"
            advice = f"run `bakegen lock --update {need.name}` and commit the result"
            found.append(error("stale-lock", message, lock.places.get(need.name), help=advice))
    return found, failures
