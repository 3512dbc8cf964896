"""What a jq expression sees, and a condition of it as one of Jinja."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_values import WHOLE, Value
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees: its input, the variables by name, and the expressions that are surely not nothing,
    and the versions that it can be about (None: all)."""

    dot: Value
    variables: Mapping[str, Value] = field(default_factory=dict)
    sure: frozenset[str] = frozenset()
    versions: frozenset[str] | None = None

    def on(self, dot: Value) -> Scope:
        """The same with another input."""
        return replace(self, dot=dot)

    def having(self, name: str, value: Value) -> Scope:
        """The same with one more variable."""
        return replace(self, variables={**self.variables, name: value})

    def where(self, condition: Condition) -> Scope:
        """The same where a condition holds."""
        return replace(self, sure=self.sure | condition.sure, versions=both_of(self.versions, condition.versions))

    def without(self, condition: Condition) -> Scope:
        """The same where a condition does not hold."""
        return replace(self, versions=both_of(self.versions, condition.others))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition.

    Attributes:
        text: the Jinja expression.
        level: how tightly its outermost operator binds.
        always: its value where that is known, whatever the versions are.
        sure: expressions that are not nothing where it holds.
        never: whether it holds for none of the versions and variants that are there.
        versions: the versions that it can hold for; `others`: that it cannot hold for; None: all.
    """

    text: str = ""
    level: int = WHOLE
    always: bool | None = None
    sure: frozenset[str] = frozenset()
    never: bool = False
    versions: frozenset[str] | None = None
    others: frozenset[str] | None = None

    def within(self, level: int) -> str:
        """The text as an operand."""
        return self.text if self.level >= level else f"({self.text})"


def both_of(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """What two sets have in common, where None has everything."""
    if one is None or other is None:
        return other if one is None else one
    return one & other
