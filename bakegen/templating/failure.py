"""Why a template could not be rendered, in terms of the template: raised inside this layer, shown as a diagnostic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Diagnostic, did_you_mean, error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.text import Location

_BRANCH_FACTS = frozenset({"branch", "git", "ci", "tag", "commit", "sha", "revision", "pull_request"})
_SAME_BYTES = (
    "branch and commit are known only in `branch-tags` and `ci-labels`: everything else is the same on every "
    "branch, so that the bake file can be committed and caches are shared"
)


class TemplateFailure(Exception):
    """A template that does not compile or render.

    `name` is the variable or attribute that was not there, `owner` what it was asked of (empty for a
    variable); `path` and `line` tell the place in a template file, where it is known.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        name: str = "",
        owner: str = "",
        known: Iterable[str] = (),
        path: str = "",
        line: int = 0,
        help: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.name = name
        self.owner = owner
        self.known = tuple(known)
        self.path = path
        self.line = line
        self.help = help

    def diagnostic(self, location: Location | None) -> Diagnostic:
        """The failure as an error at `location`, with advice."""
        return error(self.code, self.message, location, help=self.help or self._advice())

    def _advice(self) -> str | None:
        if self.code != "undefined":
            return None
        close = did_you_mean(self.name, self.known)
        if not self.owner and self.name in _BRANCH_FACTS:
            return _SAME_BYTES
        if not self.owner and self.name == "registry":
            return "no registry is set: set `registry` in bakegen.yaml, or BAKEGEN_REGISTRY"
        if close is not None:
            return close
        return "known are " + ", ".join(sorted(self.known)) if self.known else None


def undefined(name: str, known: Iterable[str], owner: str = "") -> TemplateFailure:
    """The failure for a `name` that is not there, in the context or in the value called `owner`."""
    message = f"{owner} has no field {name!r}" if owner else f"{name!r} is not defined"
    return TemplateFailure("undefined", message, name=name, owner=owner, known=known)
