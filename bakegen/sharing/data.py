"""What images share as JSON for programs, and the page that describes it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.sharing.held import held, layer_tree, layers_part
from bakegen.sharing.sizes import shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.sharing.held import StoredParting
    from bakegen.sharing.lines import Lines
    from bakegen.sharing.model import Family, Member, Sharing
    from bakegen.sharing.parting import Parting, Reason
    from bakegen.sharing.tree import Node

SCHEMA_VERSION = 1
"""Goes up when a field goes away or changes its meaning; new fields may come at any time."""


def json_text(sharing: Sharing, lines: Lines) -> str:
    """All of it."""
    stored = [one.stored for family in sharing.families for one in family.stored if one.stored is not None]
    made = {
        "schema_version": SCHEMA_VERSION,
        "asked": sharing.asked,
        "total": asdict(shares(stored)) if sharing.asked else None,
        "definitions": [_family(family, lines) for family in sharing.families],
        "problems": list(map(clean_line, sharing.problems)),
    }
    return json.dumps(made, indent=2) + "\n"


def _family(family: Family, lines: Lines) -> dict[str, object]:
    found = held(lines, family)
    stored = [one.stored for one in family.stored if one.stored is not None]
    steps = [one.line.states[1:] for one in family.planned if one.line is not None]
    advice = family.advice
    return {
        "image": family.image,
        "platform": family.platform or None,
        "shares": asdict(shares(stored)) if stored else None,
        "steps_in_all": sum(map(len, steps)),
        "steps": len({state for line in steps for state in line}),
        "plan": _parting(found.plan) if found.plan is not None else None,
        "registry": _stored(found.stored) if found.stored is not None else None,
        "agreement": str(found.agreement),
        "tree": _node(layer_tree(family.stored), family.stored, lines) if stored else None,
        "advice": asdict(advice) if advice is not None else None,
        "variants": [_member(one) for one in family.members],
    }


def _member(member: Member) -> dict[str, object]:
    image = member.stored
    return {
        "target": member.target,
        "reference": clean_line(member.reference) or None,
        "by": member.by or None,
        "digest": image.digest if image is not None else None,
        "layers": [asdict(layer) for layer in image.layers] if image is not None else [],
        "missing": clean_line(member.missing) or None,
        "unplanned": clean_line(member.problem) or None,
    }


def _parting(parting: Parting) -> dict[str, object]:
    return {
        "position": parting.position,
        "target": parting.target,
        "file": clean_line(parting.location.source.path),
        "line": parting.location.source.position(parting.location.span.start)[0],
        "instruction": clean_line(parting.text),
        "into": [list(group) for group in parting.into],
        "why": [_reason(one) for one in parting.reasons],
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "kind": reason.kind,
        "name": reason.name,
        "what": clean_line(reason.what),
        "because": _parting(reason.because) if reason.because is not None else None,
    }


def _stored(found: StoredParting) -> dict[str, object]:
    return {
        "layer": found.layer,
        "into": [list(group) for group in found.into],
        "made_by": list(found.made_by),
        "instruction": _parting(found.parting) if found.parting is not None else None,
    }


def _node(node: Node, members: Sequence[Member], lines: Lines) -> dict[str, object]:
    image = members[node.members[0]].stored
    part = image.layers[node.start : node.end] if image is not None else ()
    return {
        "targets": [members[number].target for number in node.members],
        "layers": len(part),
        "bytes": sum(layer.size for layer in part),
        "parting": _stored(layers_part(lines, members, node)) if node.children else None,
        "children": [_node(child, members, lines) for child in node.children],
    }
