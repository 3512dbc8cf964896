"""How `bakegen cache` shows what there is and what goes: tables for people, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bakegen.cli import console
from bakegen.pruning.graph import Graph
from bakegen.pruning.model import Kind
from bakegen.pruning.owners import Standing
from bakegen.pruning.policy import age_of
from bakegen.pruning.sizes import sizes, together
from bakegen.text import megabytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bakegen.pruning.model import Ref
    from bakegen.pruning.owners import Owner
    from bakegen.pruning.policy import Selection, Verdict
    from bakegen.pruning.sizes import Size
    from bakegen.workspace.pruning import Holdings
    from bakegen.workspace.ref_removal import Removed

_KINDS = {kind: number for number, kind in enumerate(Kind)}


def age(seconds: float | None) -> str:
    """How old something is, in its largest unit; a question mark where nobody knows."""
    if seconds is None:
        return "?"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def listed(holdings: Holdings, now: float) -> str:
    """All references as a table, and a line with their sum."""
    graph = Graph(holdings.inventory)
    refs = _ordered(holdings)
    found = sizes(graph, refs)
    rows = [
        [
            *_named(ref, holdings.owners[ref]),
            _age_of(graph, ref, now),
            megabytes(found[ref].total),
            megabytes(found[ref].own),
            megabytes(found[ref].shared),
            _standing(holdings.owners[ref]),
        ]
        for ref in refs
    ]
    heads = ["repository", "tag", "kind", "branch", "age", "size", "own", "shared", "state"]
    return console.table(heads, rows) + _sum_line(refs, together(graph, refs))


def listed_json(holdings: Holdings, now: float) -> str:
    """All references, and what they come to together."""
    graph = Graph(holdings.inventory)
    found = sizes(graph, holdings.inventory.refs)
    entries = []
    for ref in _ordered(holdings):
        created = age_of(graph, ref)
        entries.append(
            {
                **_facts(ref, holdings.owners[ref], found[ref]),
                "age": None if created is None else round(now - created),
                "state": _standing(holdings.owners[ref]),
                "reason": holdings.owners[ref].why,
            }
        )
    whole = together(graph, holdings.inventory.refs)
    return _as_json({"bytes": whole, "references": entries, "problems": list(holdings.problems)})


def sized(holdings: Holdings) -> str:
    """Bytes by repository, kind and branch as a table."""
    rows = [
        [part, name, str(count), megabytes(whole), megabytes(own)] for part, name, count, whole, own in _parts(holdings)
    ]
    return console.table(["by", "name", "tags", "size", "own"], rows)


def sized_json(holdings: Holdings) -> str:
    """Bytes by repository, kind and branch."""
    names = ("by", "name", "tags", "bytes", "own")
    entries = [dict(zip(names, part, strict=True)) for part in _parts(holdings)]
    return _as_json({"parts": entries, "problems": list(holdings.problems)})


def pruned(
    selection: Selection, holdings: Holdings, now: float, *, everything: bool, removed: Removed | None = None
) -> str:
    """What goes, and why, as a table; `everything`: what stays, too."""
    graph = Graph(holdings.inventory)
    shown = [one for one in _sorted(selection.verdicts) if one.selected or everything]
    found = sizes(graph, [one.ref for one in shown])
    rows = [
        [
            _becomes(one, removed),
            *_named(one.ref, one.owner),
            _age_of(graph, one.ref, now),
            megabytes(found[one.ref].total),
            removed.left[one.ref] if removed is not None and one.ref in removed.left else one.reason,
        ]
        for one in shown
    ]
    table = console.table(["", "repository", "tag", "kind", "branch", "age", "size", "why"], rows) if rows else ""
    stay = len(selection.verdicts) - len(selection.selected)
    if removed is not None:
        freed = megabytes(removed.freed)
        return f"{table}{len(removed.refs)} removed, {freed} left to the registry's garbage collection\n"
    if not selection.selected:
        return f"{table}nothing to remove, {stay} stay\n"
    freed = megabytes(selection.freed)
    return f"{table}{len(selection.selected)} would go and free {freed}, {stay} stay; --yes removes them\n"


def pruned_json(selection: Selection, holdings: Holdings, removed: Removed | None) -> str:
    """What becomes of each reference, and why."""
    found = sizes(Graph(holdings.inventory), [one.ref for one in selection.verdicts])
    gone = set(removed.refs) if removed is not None else set()
    entries = [
        {
            **_facts(one.ref, one.owner, found[one.ref]),
            "selected": one.selected,
            "removed": one.ref in gone,
            "reason": removed.left.get(one.ref, one.reason) if removed is not None else one.reason,
        }
        for one in _sorted(selection.verdicts)
    ]
    return _as_json(
        {
            "dry_run": removed is None,
            "freed": selection.freed if removed is None else removed.freed,
            "references": entries,
            "failures": list(removed.failures) if removed is not None else [],
            "notes": list(selection.notes),
        }
    )


def _parts(holdings: Holdings) -> list[tuple[str, str, int, int, int]]:
    """What, its name, how many tags, bytes, and those of them that nothing else needs."""
    graph = Graph(holdings.inventory)
    refs = holdings.inventory.refs
    whole = together(graph, refs)
    ways: tuple[tuple[str, Callable[[Ref], str]], ...] = (
        ("repository", lambda ref: ref.repository),
        ("kind", lambda ref: str(holdings.owners[ref].kind)),
        ("branch", lambda ref: holdings.owners[ref].branch),
    )
    found = []
    for way, name_of in ways:
        groups: dict[str, list[Ref]] = {}
        for ref in refs:
            groups.setdefault(name_of(ref), []).append(ref)
        groups.pop("", None)
        for name, members in sorted(groups.items()):
            chosen = set(members)
            others = together(graph, [ref for ref in refs if ref not in chosen])
            found.append((way, name, len(members), together(graph, members), whole - others))
    return [*found, ("all", "", len(refs), whole, whole)]


def _ordered(holdings: Holdings) -> list[Ref]:
    return sorted(holdings.inventory.refs, key=lambda ref: _place(ref, holdings.owners[ref]))


def _sorted(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda one: _place(one.ref, one.owner))


def _place(ref: Ref, owner: Owner) -> tuple[str, int, str, str]:
    return ref.repository, _KINDS[owner.kind], owner.target, ref.tag


def _named(ref: Ref, owner: Owner) -> list[str]:
    return [ref.repository, ref.tag, str(owner.kind), owner.branch]


def _standing(owner: Owner) -> str:
    return "gone" if owner.standing is Standing.GONE else ""


def _becomes(verdict: Verdict, removed: Removed | None) -> str:
    if not verdict.selected:
        return "keep"
    if removed is None:
        return "remove"
    return "removed" if verdict.ref in removed.refs else "kept"


def _age_of(graph: Graph, ref: Ref, now: float) -> str:
    created = age_of(graph, ref)
    return age(None if created is None else now - created)


def _facts(ref: Ref, owner: Owner, size: Size) -> dict[str, object]:
    return {
        "repository": ref.repository,
        "tag": ref.tag,
        "digest": ref.digest,
        "kind": str(owner.kind),
        "target": owner.target,
        "branch": owner.branch,
        "bytes": size.total,
        "own": size.own,
        "shared": size.shared,
    }


def _sum_line(refs: Iterable[Ref], count: int) -> str:
    return f"{len(list(refs))} references, {megabytes(count)} together\n"


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
