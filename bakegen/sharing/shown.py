"""What images share as text for a terminal: tables, and a tree of how they part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.explaining.causes import clipped
from bakegen.sharing.held import held, layer_tree, layers_part
from bakegen.sharing.parting import parting_at
from bakegen.sharing.sizes import shares
from bakegen.sharing.tree import prefix_tree
from bakegen.text import megabytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.sharing.lines import Lines
    from bakegen.sharing.model import Member, Sharing
    from bakegen.sharing.parting import Parting
    from bakegen.sharing.tree import Node

SIZE_HEADS = ("image", "images", "layers", "size", "once", "in all", "in some", "own", "in all # in some = own .")
STEP_HEADS = ("image", "images", "steps", "in all", "own and in some")
PARTING_HEADS = ("image", "parts at", "into", "why")
_BAR = 24
_INSTRUCTION = 48
_NAMES = 3


def size_rows(sharing: Sharing) -> Iterator[tuple[str, ...]]:
    """A row with the heads `SIZE_HEADS` for each definition of which a registry has several images."""
    for family in sharing.families:
        found = shares(one.stored for one in family.stored if one.stored is not None)
        if found.images > 1:
            count = (
                str(found.images) if found.images == len(family.members) else f"{found.images}/{len(family.members)}"
            )
            yield (
                clean_line(family.name),
                count,
                f"{found.layers} of {found.layers_in_all}",
                megabytes(found.bytes_in_all),
                megabytes(found.bytes),
                *map(megabytes, (found.bytes_of_all, found.bytes_of_some, found.bytes_own)),
                _bar(found.bytes_of_all, found.bytes_of_some, found.bytes_own),
            )


def step_rows(sharing: Sharing) -> Iterator[tuple[str, ...]]:
    """A row with the heads `STEP_HEADS` for each definition with several images, by the plan."""
    for family in sharing.families:
        states = [one.line.states[1:] for one in family.planned if one.line is not None]
        if len(states) > 1:
            distinct = {state for line in states for state in line}
            of_all = set(states[0]).intersection(*states[1:])
            yield (
                clean_line(family.name),
                str(len(states)),
                f"{len(distinct)} of {sum(map(len, states))}",
                str(len(of_all)),
                str(len(distinct) - len(of_all)),
            )


def parting_rows(sharing: Sharing, lines: Lines) -> Iterator[tuple[str, ...]]:
    """A row with the heads `PARTING_HEADS` for each definition whose images part."""
    for family in sharing.families:
        found = held(lines, family)
        stored = found.stored
        if stored is not None:
            parting = stored.parting
            where = (
                _where(parting) if parting is not None else " | ".join(stored.made_by) or "its history does not tell"
            )
            why = parting.why if parting is not None else "its layers do not fit the steps of the plan"
            count = len(stored.into)
        elif found.plan is not None and not (sharing.asked and len(family.stored) > 1):
            where, why, count = _where(found.plan), found.plan.why, len(found.plan.into)
        else:
            continue
        note = f"; {found.said}" if found.said and "built apart" not in why else ""
        yield clean_line(family.name), clean_line(where), str(count), why + note


def tree(sharing: Sharing, lines: Lines) -> str:
    """How the images of each definition part: by layers where a registry has them, else by steps."""
    out: list[str] = []
    for family in sharing.families:
        if len(family.stored) > 1:
            members = family.stored
            out.append(clean_line(family.name))
            out += _branch(layer_tree(members), members, _Layers(lines, members), "")
        elif len(family.planned) > 1:
            members = family.planned
            out.append(clean_line(f"{family.name}, by the plan" if sharing.asked else family.name))
            root = prefix_tree([one.line.states for one in members if one.line is not None])
            out += _branch(root, members, _Steps(lines, members), "")
    return "".join(f"{line}\n" for line in out)


def advice_lines(sharing: Sharing) -> Iterator[str]:
    """What would have shared more, a line each."""
    for family in sharing.families:
        if (one := family.advice) is not None:
            what = f" ({one.what.rstrip('.')})" if one.what else ""
            plural = "s" if len(one.names) > 1 else ""
            yield clean_line(
                f"{family.name}: with the rewrite{plural} {', '.join(one.names)}{what} two of its images part over "
                f"{one.after} RUN{'' if one.after == 1 else 's'} instead of {one.before}"
            )


def total(sharing: Sharing) -> str:
    """All images together in one sentence."""
    if not sharing.asked:
        lines = [one.line.states[1:] for family in sharing.families for one in family.planned if one.line is not None]
        distinct = len({state for line in lines for state in line})
        return (
            f"{_images(len(lines))}, {distinct} steps that leave layers; {sum(map(len, lines))} if nothing was shared"
        )
    found = shares(one.stored for family in sharing.families for one in family.stored if one.stored is not None)
    return (
        f"{_images(found.images)}, {found.layers} layers, {megabytes(found.bytes)}; {found.layers_in_all} layers and "
        f"{megabytes(found.bytes_in_all)} if nothing was shared; {megabytes(found.other_bytes)} of manifests, configs "
        "and attestations"
    )


class _Layers:
    """What the tree says of layers."""

    def __init__(self, lines: Lines, members: Sequence[Member]) -> None:
        self._lines = lines
        self._members = members

    def size(self, node: Node) -> str:
        image = self._members[node.members[0]].stored
        part = image.layers[node.start : node.end] if image is not None else ()
        plural = "" if len(part) == 1 else "s"
        return f"{len(part)} layer{plural}, {megabytes(sum(layer.size for layer in part))}"

    def parting(self, node: Node) -> str:
        found = layers_part(self._lines, self._members, node)
        if found.parting is None:
            return " | ".join(found.made_by) or "its history does not tell"
        return f"{_where(found.parting)}: {found.parting.why}"


class _Steps:
    """What the tree says of steps."""

    def __init__(self, lines: Lines, members: Sequence[Member]) -> None:
        self._lines = lines
        self._members = members

    def size(self, node: Node) -> str:
        count = node.end - max(node.start, 1)
        base = "the base and " if node.start == 0 and node.end else ""
        return f"{base}{max(0, count)} step{'' if count == 1 else 's'}"

    def parting(self, node: Node) -> str:
        groups = [[self._members[number] for number in child.members] for child in node.children]
        found = parting_at(self._lines, groups, node.end)
        return f"{_where(found)}: {found.why}" if found is not None else ""


def _branch(node: Node, members: Sequence[Member], about: _Layers | _Steps, lead: str) -> Iterator[str]:
    """A node and all below it; `lead` is what stands before the lines below it."""
    names = [members[number].target for number in node.members]
    said = ", ".join(names) if len(names) <= _NAMES else f"{len(names)} images"
    line = clean_line(f"{said}: {about.size(node)}")
    yield f"{lead[:-3]}|- {line}" if lead else f"  {line}"
    below = lead or "  "
    if node.children:
        yield clean_line(f"{below}parts at {about.parting(node)}")
    for child in node.children:
        yield from _branch(child, members, about, f"{below}|  ")


def _images(count: int) -> str:
    return f"{count} image{'' if count == 1 else 's'}"


def _where(parting: Parting) -> str:
    return clean_line(f"{parting.place} {clipped(parting.text, _INSTRUCTION)}")


def _bar(*parts: int) -> str:
    """Three parts as a bar; one that is there has a mark at least."""
    whole = sum(parts) or 1
    widths = [max(1, round(_BAR * part / whole)) if part else 0 for part in parts]
    widths[widths.index(max(widths))] += _BAR - sum(widths)
    return "".join(mark * width for mark, width in zip("#=.", widths, strict=True))
