"""The `build` section of a service as the target that ``docker buildx bake`` makes of it, and what it leaves out.

Source: `bake/compose.go` of buildx (`ParseCompose`, `composeExtTarget`).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Direction
from bakegen.importing.compose_entries import FIELDS, EntryReader
from bakegen.importing.compose_model import Leaf, Value, leaves, several, text
from bakegen.importing.compose_service import is_remote, resolved
from bakegen.importing.compose_values import size_text, truth
from bakegen.importing.model import Guess, Loss, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json

UNSET = "set nowhere, so nothing stands there"
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]+")
_SAME = ("context", "dockerfile", "args", "ssh", "labels", "pull", "network", "target", "tags", "platforms")
_SAME_TOO = ("ulimits", "entitlements")
# The builder passes these on by itself.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
_LISTED = ("tags", "platforms", "no-cache-filter")


def target_name(service: str) -> str:
    """The name that bake gives to a service's target."""
    return _UNFIT.sub("_", service)


class ServiceReader:
    """Reads the services of one project.

    Attributes:
        losses: what of their build sections is not carried over.
    """

    def __init__(self, services: Mapping[str, Value], secrets: Mapping[str, Value], folder: str) -> None:
        """All services and secrets of the model, and the project's folder."""
        self.services, self.secrets, self.folder = services, secrets, folder
        self.losses: list[Loss] = []

    def target(self, service: str, place: str, environment: Mapping[str, str]) -> Wanted | None:
        """The target of a service; None where it has no build section.

        `environment` is what build arguments without a value are taken from.
        """
        body = self.services[service]
        build = body.get("build") if isinstance(body, dict) else None
        if not isinstance(build, dict):
            return None
        assert isinstance(body, dict)
        one = _Service(self, service, place, build, body)
        one.read(environment)
        return Wanted(target_name(service), one.found, origin=place, guesses=tuple(one.guesses))


class _Service(EntryReader):
    def __init__(
        self, reader: ServiceReader, name: str, place: str, build: dict[str, Value], body: dict[str, Value]
    ) -> None:
        super().__init__(name, place, build, reader.secrets, reader.losses)
        self.reader, self.body = reader, body

    def read(self, environment: Mapping[str, str]) -> None:
        self._where()
        self._args(environment)
        self._maps()
        self._lists()
        self._switches()
        self.entries()
        self._limits()
        extension = self.build.get("x-bake")
        if isinstance(extension, dict):
            self._extension(extension)
        for name in ("tags", "platforms", "no-cache-filter", "entitlements"):
            items = self.found.get(name)
            if isinstance(items, list):
                self.found[name] = list(dict.fromkeys(str(item) for item in items))
        if not self.found.get("tags") and (image := text(self.body.get("image"))):
            self.found["tags"] = [image]
        self.found = {name: value for name, value in self.found.items() if value not in (None, "", [], {})}
        self._unknown()
        self._unset()

    def _where(self) -> None:
        context = text(self.build.get("context")) or self.reader.folder
        self.found["context"] = context if is_remote(context) else posixpath.normpath(context)
        self.found["dockerfile"] = text(self.build.get("dockerfile")) or "Dockerfile"
        for key in ("dockerfile_inline", "target", "network"):
            self.found[FIELDS.get(key, key)] = text(self.build.get(key)) or ""
        if self.found["network"] == "host":
            self.found["entitlements"] = ["network.host"]

    def _args(self, environment: Mapping[str, str]) -> None:
        given = self.build.get("args")
        args: dict[str, Json] = {}
        missing: dict[str, Value] = {}
        for name, value in given.items() if isinstance(given, dict) else ():
            known = text(value) if text(value) is not None else environment.get(name)
            if known is not None:
                args[name] = known
            elif name.upper() not in _PROXIES:
                missing[name] = value
        if missing:
            many = "build arguments" if len(missing) > 1 else "build argument"
            self.lose(
                next(iter(missing.values())),
                f"the {many} {', '.join(missing)} of {self.name} would come from the environment of whoever builds",
                f"write values below `args`, or build with `--set {target_name(self.name)}.args.NAME=…`",
            )
        self.found["args"] = args

    def _maps(self) -> None:
        labels = self.build.get("labels")
        if isinstance(labels, dict):
            self.found["labels"] = {name: text(value) or "" for name, value in labels.items()}
        hosts = self.build.get("extra_hosts")
        if isinstance(hosts, dict):
            texts = {name: [_address(text(one) or "") for one in several(value)] for name, value in hosts.items()}
            self.found["extra-hosts"] = {name: ",".join(many) for name, many in texts.items()}
        contexts = self.build.get("additional_contexts")
        if isinstance(contexts, dict):
            self.found["contexts"] = self._contexts(contexts)

    def _contexts(self, contexts: Mapping[str, Value]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for name, value in contexts.items():
            written = text(value) or ""
            scheme, _, service = written.partition(":")
            if scheme not in ("service", "target"):
                found[name] = written
                continue
            body = self.reader.services.get(service)
            other = body if isinstance(body, dict) else {}
            if "build" in other:
                found[name] = f"target:{target_name(service)}"
            elif image := text(other.get("image")):
                found[name] = f"docker-image://{image}"
                self.guesses.append(
                    Guess("contexts", f"the service {service} has no build section, so its image is used")
                )
            else:
                self.lose(value, f"the context {name} of {self.name} is a service that is not built", "name an image")
        return {name: value for name, value in found.items() if value}

    def _lists(self) -> None:
        for name in ("tags", "platforms", "entitlements"):
            texts: list[Json] = [written for one in several(self.build.get(name)) if (written := text(one))]
            have = self.found.get(name)
            self.found[name] = [*(have if isinstance(have, list) else []), *texts]
        if several(self.build.get("entitlements")):
            self.guesses.append(Guess("entitlements", "docker compose gives them, docker buildx bake leaves them out"))
        if truth(text(self.build.get("privileged")) or "") is True:
            have = self.found["entitlements"]
            self.found["entitlements"] = [*(have if isinstance(have, list) else []), "security.insecure"]
            self.guesses.append(Guess("entitlements", "`privileged` is what BuildKit calls security.insecure"))

    def _switches(self) -> None:
        for key in ("no_cache", "pull"):
            if truth(text(self.build.get(key)) or "") is True:
                self.found[FIELDS.get(key, key)] = True

    def _limits(self) -> None:
        size = self.build.get("shm_size")
        written = text(size)
        if written and truth(written) is not False:
            self.found["shm-size"] = size_text(written)
            if self.found["shm-size"] is None:
                self.lose(size, f"shm_size of {self.name} is no size", "write a number with k, m or g")
        limits = self.build.get("ulimits")
        found: list[Json] = []
        for name, value in limits.items() if isinstance(limits, dict) else ():
            soft, hard = (
                (text(value.get(key)) for key in ("soft", "hard")) if isinstance(value, dict) else (text(value),) * 2
            )
            found.append(f"{name}={soft or 0}:{hard or 0}")
        self.found["ulimits"] = found

    def _extension(self, values: Mapping[str, Value]) -> None:
        """Adds what ``x-bake`` says, where paths are relative to the folder that bake is called in: the project's."""
        for name, value in values.items():
            have = self.found.get(name)
            known = have if isinstance(have, list) else []
            if name in _LISTED:
                self.found[name] = [*known, *(written for one in _words(value) if (written := text(one)))]
            elif name in ("cache-from", "cache-to"):
                self.found[name] = [*known, *self.caches(_words(value), Direction(name))]
            elif name in ("secret", "ssh", "output"):
                merged = [*known, *self.parsed(name, _words(value))]
                self.found[name] = merged if name == "output" else _by_id(merged)
            elif name in ("pull", "no-cache"):
                self.found[name] = truth(text(value) or "")
            elif name == "contexts" and isinstance(value, dict):
                added = self._contexts({key: _from(one, self.reader.folder) for key, one in value.items()})
                self.found[name] = {**(have if isinstance(have, dict) else {}), **added}
            else:
                self.lose(value, f"x-bake of {self.name} has {name!r}, which bake does not know", "take it out")

    def _unknown(self) -> None:
        for key, value in self.build.items():
            if key == "isolation" and text(value) not in (None, "default"):
                self.lose(value, f"isolation of {self.name} is for Windows containers", "build it with docker compose")
            elif key not in FIELDS and key not in _SAME + _SAME_TOO and key != "isolation" and not key.startswith("x-"):
                self.lose(
                    value, f"{self.name} has the unknown key {key!r} below `build`", "write it into image.yaml by hand"
                )

    def _unset(self) -> None:
        """Tells of variables that nothing sets."""
        told = dict(self.build)
        if not several(self.build.get("tags")) and "image" in self.body:
            told["tags"] = self.body["image"]
        for key, value in told.items():
            empty = {name: None for leaf in leaves(value) for name in leaf.unset}
            if empty:
                names = ", ".join(f"${{{name}}}" for name in empty)
                verb = "is" if len(empty) == 1 else "are"
                self.guesses.append(Guess(FIELDS.get(key, key), f"{names} {verb} {UNSET}"))
            for leaf in leaves(value):
                for name in leaf.required:
                    self.lose(leaf, f"{self.name} needs the variable {name}, which has no value", "set it in .env")


def _from(value: Value, folder: str) -> Value:
    if isinstance(value, Leaf) and value.text and folder != "." and not is_remote(value.text):
        return Leaf(resolved(value.text, folder), value.origin, value.unset, value.required)
    return value


def _words(value: Value) -> list[Value]:
    if isinstance(value, Leaf):
        return [Leaf(word, value.origin, value.unset, value.required) for word in (value.text or "").split()]
    return several(value)


def _by_id(entries: list[Json]) -> list[Json]:
    return list({entry["id"]: entry for entry in entries if isinstance(entry, dict) and "id" in entry}.values())


def _address(written: str) -> str:
    return written[1:-1] if written.startswith("[") and written.endswith("]") else written
