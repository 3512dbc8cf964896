"""The environment of a stage as it grows: views of any moment without copies; used by `resolve`."""

from __future__ import annotations

from bisect import bisect_right


class Environment:
    """The variables at one moment, in BuildKit's order: the one set last comes last."""

    __slots__ = ("_history", "_version")

    def __init__(self, history: History, version: int) -> None:
        self._history = history
        self._version = version

    def get(self, name: str, /) -> str | None:
        """The value of `name`, or None where it is unset."""
        environment: Environment | None = self
        while environment is not None:
            history = environment._history
            versions = history.versions.get(name)
            if versions is not None:
                index = bisect_right(versions, environment._version) - 1
                if index >= 0:
                    return history.values[name][index]
            environment = history.parent
        return None

    def items(self) -> tuple[tuple[str, str], ...]:
        """All variables with their values, in order."""
        chain: list[Environment] = []
        environment: Environment | None = self
        while environment is not None:
            chain.append(environment)
            environment = environment._history.parent
        found: dict[str, str] = {}
        for link in reversed(chain):
            history = link._history
            own: list[tuple[int, str, str]] = []
            for name, versions in history.versions.items():
                index = bisect_right(versions, link._version) - 1
                if index >= 0:
                    own.append((versions[index], name, history.values[name][index]))
            for _, name, value in sorted(own):
                found.pop(name, None)
                found[name] = value
        return tuple(found.items())

    def as_dict(self) -> dict[str, str]:
        """All variables with their values."""
        return dict(self.items())


class History:
    """Everything that was set in one stage, on top of what its base left."""

    __slots__ = ("_version", "parent", "values", "versions")

    def __init__(self, parent: Environment | None = None) -> None:
        self.parent = parent
        self.versions: dict[str, list[int]] = {}
        self.values: dict[str, list[str]] = {}
        self._version = 0

    def set(self, name: str, value: str) -> None:
        """Sets a variable from now on."""
        self._version += 1
        self.versions.setdefault(name, []).append(self._version)
        self.values.setdefault(name, []).append(value)

    def now(self) -> Environment:
        """The variables at this moment; later changes do not show in it."""
        return Environment(self, self._version)
