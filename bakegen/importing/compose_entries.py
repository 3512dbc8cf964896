"""Entries of a service's `build` section: caches, secrets, ssh, attestations, each as bake prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.attributes import ATTRIBUTES, Direction
from bakegen.definition.backends import CacheEntry, parse_cache_entry
from bakegen.definition.entries import parse_entry
from bakegen.importing.compose_model import Leaf, Value, origin, several, text
from bakegen.importing.compose_values import truth
from bakegen.importing.model import Guess, Loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.bake.meaning import Json

FIELDS = {
    "dockerfile_inline": "dockerfile-inline",
    "additional_contexts": "contexts",
    "cache_from": "cache-from",
    "cache_to": "cache-to",
    "extra_hosts": "extra-hosts",
    "no_cache": "no-cache",
    "secrets": "secret",
    "shm_size": "shm-size",
    "provenance": "attest",
    "sbom": "attest",
    "privileged": "entitlements",
    "x-bake": "x-bake",
}
"""Keys of `build` whose field of a definition has another name."""


class EntryReader:
    """A service that is being read; `found` holds attributes, and `losses` what they cannot carry."""

    def __init__(
        self, name: str, place: str, build: dict[str, Value], secrets: Mapping[str, Value], losses: list[Loss]
    ) -> None:
        """The service with this `build` section, and the secrets of its project."""
        self.name, self.place, self.build, self.secrets, self.losses = name, place, build, secrets, losses
        self.found: dict[str, Json] = {}
        self.guesses: list[Guess] = []

    def lose(self, value: Value | None, what: str, instead: str) -> None:
        """Tells that `value` is lost."""
        where = origin(value, self.place) if value is not None else self.place
        self.losses.append(Loss(where or self.place, what, instead))

    def entries(self) -> None:
        """Reads all keys that hold entries."""
        for key, direction in (("cache_from", Direction.FROM), ("cache_to", Direction.TO)):
            self.found[FIELDS[key]] = self.caches(several(self.build.get(key)), direction)
        attests: list[Json] = []
        for key in ("sbom", "provenance"):
            written = text(self.build.get(key))
            switch = truth(written or "")
            if switch is not None:
                attests.append({"type": key} if switch else {"type": key, "disabled": True})
            elif written:
                attests += self.parsed("attest", [Leaf(f"type={key},{written}", origin(self.build[key], ""))])
        self.found["attest"] = attests
        ssh = self.build.get("ssh")
        keys = ssh if isinstance(ssh, dict) else {}
        self.found["ssh"] = [_ssh(name, text(path)) for name, path in sorted(keys.items())]
        self.found["secret"] = [found for one in several(self.build.get("secrets")) if (found := self._secret(one))]

    def _secret(self, value: Value) -> Json:
        source = text(value.get("source")) if isinstance(value, dict) else text(value)
        if not source:
            return None
        if source not in self.secrets:
            self.lose(value, f"the secret {source} of {self.name} is declared nowhere", "declare it below `secrets`")
        body = self.secrets.get(source)
        told = body if isinstance(body, dict) else {}
        if told.get("external") is not None and truth(text(told["external"]) or "true") is not False:
            self.lose(
                value,
                f"the secret {source} of {self.name} is kept outside of the compose file",
                "name a file or an environment variable for it below `secret`",
            )
            return None
        found: dict[str, Json] = {"id": source}
        if file := text(told.get("file")):
            found["src"] = file
        if variable := text(told.get("environment")):
            found["env"] = variable
        return found

    def caches(self, values: Iterable[Value], direction: Direction) -> list[Json]:
        """Caches in their text form."""
        found: list[Json] = []
        for value in values:
            parsed, problems = parse_cache_entry(text(value) or "", direction)
            if isinstance(parsed, CacheEntry):
                found.append(dict(parsed.as_value()))
            for problem in problems:
                self.lose(value, f"a cache of {self.name}: {problem.message}", "caches are kept by bakegen itself")
        return found

    def parsed(self, attribute: str, values: Iterable[Value]) -> list[Json]:
        """Entries of an attribute in their text form."""
        found: list[Json] = []
        for value in values:
            entry, problems = parse_entry(ATTRIBUTES[attribute], text(value) or "")
            if entry is not None:
                found.append({key: list(one) if isinstance(one, tuple) else one for key, one in entry.items()})
            for problem in problems:
                self.lose(value, f"{attribute} of {self.name}: {problem.message}", "write it into image.yaml by hand")
        return found


def _ssh(name: str, path: str | None) -> Json:
    return {"id": name, "paths": [path]} if path else {"id": name}
