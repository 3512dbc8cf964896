"""The environment of a stage as it grows: views of any moment without copies; used by `resolve`.

Source: EnvList in BuildKit's client/llb/meta.go for the order, and dispatchStages in
frontend/dockerfile/dockerfile2llb/convert.go for what a child stage starts with.
"""

from __future__ import annotations

from bisect import bisect_right

# How many stages deep a chain gets before it is copied into one, and how large it may be for its depth:
# look-ups stay short and copies rare, also in a file of thousands of stages.
_DEEP = 64
_NAMES_A_STAGE = 16


class Environment:
    """The variables at one moment, in BuildKit's order: the one set last comes last."""

    __slots__ = ("_history", "_version")

    def __init__(self, history: History, version: int) -> None:
        self._history = history
        self._version = version

    def get(self, name: str, /) -> str | None:
        """The value of `name`, or None where it is unset."""
        history = self._history
        found = history.at(name, self._version)
        if found is not None:
            return found
        if history.overlay is not None:
            found = history.overlay.get(name)
            if found is not None:
                return found
        # What lies over an earlier stage also lies over this one: it has been looked at.
        while history.parent is not None:
            environment = history.parent
            history = environment._history
            found = history.at(name, environment._version)
            if found is not None:
                return found
        return history.fixed.get(name)

    def items(self, *, keep_place: bool = False) -> tuple[tuple[str, str], ...]:
        """All variables with their values, in order; with `keep_place` a variable set again stays where it was."""
        chain: list[Environment] = []
        environment: Environment | None = self
        while environment is not None:
            chain.append(environment)
            environment = environment._history.parent
        found: dict[str, str] = {}
        for link in reversed(chain):
            found.update(link._history.fixed)
            overlay = link._history.overlay
            # It holds every name of the overlays below it, so that those leave no trace.
            if link is self and overlay is not None:
                for name, value in overlay.items(keep_place=True):
                    found.pop(name, None)
                    found[name] = value
            for name, value in link._history.until(link._version, keep_place=keep_place):
                if not keep_place:
                    found.pop(name, None)
                found[name] = value
        return tuple(found.items())

    def is_deep(self) -> bool:
        """Whether the chain of stages below is worth copying into one."""
        history = self._history
        return history.depth >= max(_DEEP, history.size() // _NAMES_A_STAGE)

    @property
    def history(self) -> History:
        """What the view is of."""
        return self._history


class History:
    """Everything that was set in one stage, on top of what its base left (`parent`).

    `overlay` is the environment of the base's image, which is set anew where a stage begins: there it wins over
    an ARG of the base.
    """

    # `fixed` is what a deep chain below was copied into: at the bottom, under everything else.
    __slots__ = ("_inherited", "_values", "_version", "_versions", "depth", "fixed", "overlay", "parent")

    def __init__(self, parent: Environment | None = None, overlay: Environment | None = None) -> None:
        self.fixed: dict[str, str] = {}
        self.depth = 0
        self._inherited = 0
        if parent is not None:
            if parent.is_deep():
                self.fixed = dict(parent.items(keep_place=overlay is None))
                parent = None
            else:
                self.depth = parent.history.depth + 1
                self._inherited = parent.history.size()
        self.parent = parent
        self.overlay = overlay
        self._versions: dict[str, list[int]] = {}
        self._values: dict[str, list[str]] = {}
        self._version = 0

    def set(self, name: str, value: str) -> None:
        """Sets a variable from now on."""
        self._version += 1
        self._versions.setdefault(name, []).append(self._version)
        self._values.setdefault(name, []).append(value)

    def size(self) -> int:
        """About how many variables there are."""
        return self._inherited + len(self.fixed) + len(self._versions)

    def now(self) -> Environment:
        """The variables at this moment; later changes do not show in it."""
        return Environment(self, self._version)

    def at(self, name: str, version: int) -> str | None:
        """The value that `name` was given here, as of `version`."""
        versions = self._versions.get(name)
        if versions is None:
            return None
        index = bisect_right(versions, version) - 1
        return self._values[name][index] if index >= 0 else None

    def until(self, version: int, *, keep_place: bool) -> list[tuple[str, str]]:
        """What was set here up to `version`, ordered by the last time, or by the first with `keep_place`."""
        own: list[tuple[int, str, str]] = []
        for name, versions in self._versions.items():
            index = bisect_right(versions, version) - 1
            if index >= 0:
                own.append((versions[0 if keep_place else index], name, self._values[name][index]))
        return [(name, value) for _, name, value in sorted(own)]
