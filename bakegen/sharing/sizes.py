"""How many layers and bytes images have: in all, counted once, shared by all, by some, and each one's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.sharing.model import StoredImage


@dataclass(frozen=True, slots=True)
class Shares:
    """Layers of some images; bytes as they are stored, packed.

    Attributes:
        images: how many there are; `distinct` how many of them differ.
        layers_in_all, layers: their layers one by one, and each once.
        bytes_in_all, bytes: the same in bytes.
        layers_of_all, bytes_of_all: what every one of the images has.
        layers_of_some, bytes_of_some: what several have, but not all.
        layers_own, bytes_own: what just one has.
        other_bytes: manifests, configs, indexes and attestations, each once; in none of the above.
    """

    images: int = 0
    distinct: int = 0
    layers_in_all: int = 0
    layers: int = 0
    bytes_in_all: int = 0
    bytes: int = 0
    layers_of_all: int = 0
    bytes_of_all: int = 0
    layers_of_some: int = 0
    bytes_of_some: int = 0
    layers_own: int = 0
    bytes_own: int = 0
    other_bytes: int = 0


def shares(images: Iterable[StoredImage]) -> Shares:
    """What some images have in common. A layer that an image has twice counts once of it, for it is stored once."""
    every = list(images)
    size: dict[str, int] = {}
    count: Counter[str] = Counter()
    for image in every:
        size |= {layer.digest: layer.size for layer in image.layers}
        count.update({layer.digest for layer in image.layers})
    of_all = [one for one, times in count.items() if times == len(every)]
    own = [one for one, times in count.items() if times == 1 and len(every) > 1]
    some = [one for one, times in count.items() if 1 < times < len(every)]
    others = {digest: bytes_ for image in every for digest, bytes_ in image.others.items()}
    return Shares(
        images=len(every),
        distinct=len({image.digest for image in every}),
        layers_in_all=sum(count.values()),
        layers=len(count),
        bytes_in_all=sum(size[one] * times for one, times in count.items()),
        bytes=sum(size.values()),
        layers_of_all=len(of_all),
        bytes_of_all=sum(size[one] for one in of_all),
        layers_of_some=len(some),
        bytes_of_some=sum(size[one] for one in some),
        layers_own=len(own),
        bytes_own=sum(size[one] for one in own),
        other_bytes=sum(bytes_ for digest, bytes_ in others.items() if digest not in size),
    )
