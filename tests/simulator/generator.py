"""Random Dockerfiles that are full of traps; the same seed gives the same case on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulator.case import Case
from tests.simulator.pieces import BASES, COMMENTS, ENDINGS, INSTALLS, PIECES, PLACES
from tests.simulator.world import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Sequence

_OTHER_ARGS = (
    {"VERSION": "9.9"},
    {"COMMIT": "fff000", "DEST": "/elsewhere"},
    {"DEST": "/opt/dest", "NAME": "other", "BASE": "odd:1"},
    {"VERSION": "", "TOOL": "wget", "http_proxy": "http://proxy:1"},
)
_KNOWN = {"bases": 0.85, "context": 0.92, "history": 0.85}


@dataclass
class _Writer:
    random: random.Random
    escape: str
    comments: int = 0
    stages: list[str] = field(default_factory=list)

    def line(self, text: str) -> str:
        """A piece with its blanks filled in: places, the continuation, comments in it."""
        for name, values in PLACES.items():
            while f"<{name}>" in text:
                text = text.replace(f"<{name}>", self.random.choice(values), 1)
        if "<stage>" in text:
            text = text.replace("<stage>", self.random.choice(self.stages) if self.stages else "debian:13")
        while "<and>" in text:
            text = text.replace("<and>", self.joint(), 1)
        return text + "\n"

    def joint(self) -> str:
        roll = self.random.random()
        if roll < 0.5:
            return " && "
        if roll < 0.8:
            return f" {self.escape}\n    && "
        self.comments += 1
        return f" {self.escape}\n# inside {self.comments}\n && "

    def comment(self) -> str:
        if self.random.random() > 0.2:
            return ""
        self.comments += 1
        text = self.random.choice(COMMENTS).replace("<n>", str(self.comments))
        return text + "\n" * self.random.choice((1, 1, 1, 2))


def generate(seed: int) -> Case:
    """The case of a seed."""
    choice = random.Random(seed)
    escape = "`" if choice.random() < 0.06 else "\\"
    writer = _Writer(choice, escape)
    blocks: list[str] = []
    if escape == "`":
        blocks.append("# escape=`\n")
    for text in choice.sample(
        ("ARG BASE=debian:13\n", "ARG VERSION=1.0\n", "ARG DEST=/app\n"), choice.choice((0, 0, 1, 2))
    ):
        blocks.append(writer.comment() + text)
    with_base = any("BASE" in block for block in blocks)
    known = frozenset(one for one, chance in _KNOWN.items() if choice.random() < chance)
    count = choice.choice((1, 1, 1, 1, 2, 2, 3))
    names: list[str] = []
    for index in range(count):
        # What is assumed of an image without facts is what most images are like; so it is one like most.
        outside = choice.choice(BASES) if "bases" in known else "debian:13"
        base = choice.choice(names) if names and choice.random() < 0.4 else outside
        if with_base and choice.random() < 0.5:
            base = "$BASE"
        name = f" AS s{index}" if index + 1 < count or choice.random() < 0.1 else ""
        blocks.append(writer.comment() + f"FROM {base}{name}\n")
        blocks += _stage(writer)
        names.append(f"s{index}" if name else base)
        if name:
            writer.stages.append(f"s{index}")
    options = {one: values[0] if choice.random() < 0.6 else choice.choice(values) for one, values in VARIANTS.items()}
    others = tuple(others for others in choice.sample(_OTHER_ARGS, 2) if "bases" in known or "BASE" not in others)
    return Case(
        tuple(blocks),
        options,
        known,
        {"COMMIT": "abc123"} if choice.random() < 0.3 else {},
        others,
        fixed=choice.random() < 0.15,
        ephemeral=choice.random() < 0.15,
        weights=tuple(choice.randrange(30) for _ in range(choice.choice((1, 5, 7)))),
    )


def _stage(writer: _Writer) -> list[str]:
    choice = writer.random
    if choice.random() < 0.06:
        # So little that no other COPY takes what this one leaves out.
        return [
            writer.comment() + writer.line(text) for text in ("COPY --exclude=<left> . <dir>", choice.choice(ENDINGS))
        ]
    pieces: list[Sequence[str]] = []
    wanted = choice.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
    while len(pieces) < wanted:
        pieces.append(_weighted(choice, PIECES))
    for _ in range(choice.choice((0, 0, 1, 1, 2))):
        pieces.insert(choice.randint(0, len(pieces)), _weighted(choice, INSTALLS))
    if choice.random() < 0.5:
        pieces += choice.sample([(one,) for one in ENDINGS], choice.randint(1, 3))
    if choice.random() < 0.6:
        pieces.insert(0, ("WORKDIR <dir>",))
    blocks = []
    for piece in pieces:
        same = choice.choice(PLACES["top"])
        for text in (one.replace("<same>", same) for one in piece):
            blocks.append(writer.comment() + writer.line(text))
            # Something strays in between what belongs together.
            if len(piece) > 1 and choice.random() < 0.15:
                blocks.append(
                    writer.comment() + writer.line(choice.choice(_weighted(choice, PIECES)).replace("<same>", same))
                )
    return blocks


def _weighted(choice: random.Random, table: Sequence[tuple[int, Sequence[str]]]) -> Sequence[str]:
    return choice.choices([piece for _, piece in table], [weight for weight, _ in table])[0]
