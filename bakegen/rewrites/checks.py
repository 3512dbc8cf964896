"""Checks that a step of the driver changed only what its rewrite declared; they share nothing with the rewrites."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.syntax import LeafKind
from bakegen.effects.commute import commute
from bakegen.rewrites.config import stage_configs
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile import Dockerfile, Resolved
    from bakegen.dockerfile.syntax import Instruction
    from bakegen.rewrites.config import Config
    from bakegen.rewrites.model import Proposal, Situation


class RewriteFault(AssertionError):
    """A rewrite did something else than it declared: a bug of ours, never shown but in tests."""


@dataclass(frozen=True)
class View:
    """A text with all that is known of it. There is one resolution a leaf: a stage that nothing else needs."""

    situation: Situation
    leaves: tuple[Resolved, ...]

    @property
    def dockerfile(self) -> Dockerfile:
        """The file."""
        return self.situation.dockerfile

    def index_of(self, node: Instruction) -> int | None:
        """Which of the file's instructions `node` is; None for one that came from elsewhere."""
        return self._places.get(id(node))

    @cached_property
    def _places(self) -> dict[int, int]:
        """Where the instructions stand, by identity: the tree keeps them."""
        return {id(one): at for at, one in enumerate(self.dockerfile.tree.instructions)}

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What BuildKit would stop at."""
        found = [*self.dockerfile.diagnostics, *self.leaves[0].diagnostics]
        return tuple(one for one in found if one.severity is Severity.ERROR)


def edited(text: str, proposal: Proposal) -> str:
    """`text` with the edits of `proposal`; those at one place are put in their order."""
    out: list[str] = []
    at = 0
    for edit in sorted(proposal.edits, key=lambda one: (one.span.start, one.span.end)):
        if edit.span.start < at:
            raise RewriteFault(f"{proposal.rewrite}: its edits overlap")
        out += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join((*out, text[at:]))


def fault(before: View, after: View, proposal: Proposal, *, own_order: bool = False) -> str | None:
    """What is wrong with a step, None where only what was declared has changed.

    With `own_order` the rewrite answers for the order itself.
    """
    problems = after.errors
    if problems and [one.code for one in problems] != [one.code for one in before.errors]:
        return f"BuildKit would refuse the result: {problems[0].message}"
    if len(before.dockerfile.stages) != len(after.dockerfile.stages):
        return "the number of stages changed"
    lost = _comments(before.dockerfile) - _comments(after.dockerfile)
    if lost:
        return f"the comment {sorted(lost)[0]!r} is gone"
    if (
        before.dockerfile.source.text[: before.dockerfile.tree.directives_end]
        != (after.dockerfile.source.text[: after.dockerfile.tree.directives_end])
    ):
        return "the parser directives changed"
    if not _untouched(before.dockerfile, after.dockerfile, proposal):
        return "instructions changed that it does not name"
    return _config_fault(before, after) or (None if own_order else _order_fault(before, after))


def _comments(dockerfile: Dockerfile) -> Counter[str]:
    text = dockerfile.source.text
    return Counter(
        text[leaf.start : leaf.end].strip() for leaf in dockerfile.tree.leaves() if leaf.kind is LeafKind.COMMENT
    )


def _untouched(before: Dockerfile, after: Dockerfile, proposal: Proposal) -> bool:
    """Whether all instructions that no edit touches are still there, to the byte and in their order."""
    kept = [
        before.source.slice(Span(node.start, node.end)).strip("\r\n")
        for node in before.tree.instructions
        if not any(_touches(edit.span, Span(node.start, node.end)) for edit in proposal.edits)
    ]
    found = iter(after.source.slice(Span(node.start, node.end)).strip("\r\n") for node in after.tree.instructions)
    return all(any(text == other for other in found) for text in kept)


def _touches(edit: Span, node: Span) -> bool:
    if edit.start == edit.end:
        return node.start < edit.start < node.end
    return edit.start < node.end and node.start < edit.end


def _config_fault(before: View, after: View) -> str | None:
    for old, new in zip(before.leaves, after.leaves, strict=True):
        configs: tuple[dict[int, Config], ...] = (stage_configs(old), stage_configs(new))
        for index, config in configs[0].items():
            other = configs[1].get(index, {})
            for name in sorted(config.keys() | other.keys()):
                if config.get(name) != other.get(name):
                    return f"the {name} of stage {index} would change"
    return None


def _order_fault(before: View, after: View) -> str | None:
    """Where instructions only changed places: the first two that did and do not commute."""
    old, new = _texts(before), _texts(after)
    if old == new or Counter(old) != Counter(new):
        return None
    waiting: dict[str, list[int]] = {}
    for place, text in enumerate(new):
        waiting.setdefault(text, []).append(place)
    # Equal instructions keep their order: which of them is which makes no difference.
    places = [waiting[text].pop(0) for text in old]
    views = {
        index: view
        for stage in before.situation.stages
        for view in stage.own
        if (index := before.index_of(view.step.command.node)) is not None
    }
    for first, second in combinations(range(len(old)), 2):
        if places[first] < places[second]:
            continue
        if "FROM" in (_keyword(old[first]), _keyword(old[second])):
            return f"{old[first]!r} and {old[second]!r} change places: nothing crosses a FROM"
        if first not in views or second not in views:
            continue
        reason = commute(views[first].effect, views[second].effect).reason
        if reason is not None:
            return f"{old[first]!r} and {old[second]!r} change places: {reason}"
    return None


def _texts(view: View) -> list[str]:
    source = view.dockerfile.source
    return [source.slice(Span(node.start, node.end)).strip() for node in view.dockerfile.tree.instructions]


def _keyword(text: str) -> str:
    return text.split(None, 1)[0].upper()
