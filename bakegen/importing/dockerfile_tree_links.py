"""Which Dockerfiles of a tree build on images that other Dockerfiles of the tree make."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bakegen.dockerfile.references import ReferenceError, context_name, parse_reference
from bakegen.importing.dockerfile_tree_commands import UNKNOWN
from bakegen.importing.dockerfile_tree_paths import version_of
from bakegen.importing.dockerfile_tree_words import OFFICIAL
from bakegen.matrix.naming import fit_name
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Maker:
    """A target that may make an image which others build on.

    Attributes:
        name: of the target.
        called: the name of its image: the target's, or that which all versions have in common.
        words: what else its image may be called, without registry and path, beside what `tags` say.
        axes: the values that make it one of several of one image.
        tags: what it is seen to be built as, with ``file:line``.
        images: the images from outside that its Dockerfile needs.
    """

    name: str
    called: str
    words: frozenset[str]
    axes: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An image that another target may make: whether that is likely enough to be taken for true, and why."""

    image: str
    target: str
    taken: bool
    why: str


def find_links(makers: Sequence[Maker], spaces: Mapping[str, str]) -> dict[str, tuple[Link, ...]]:
    """The links of each target, by its name; those that are taken make no cycle.

    Args:
        makers: all targets.
        spaces: what the tags of images begin with that the tree is seen to build, with the place of one.
    """
    finder = _Finder(makers, spaces)
    found: dict[str, tuple[Link, ...]] = {}
    needs: dict[str, set[str]] = defaultdict(set)
    for maker in makers:
        links: list[Link] = []
        for image in dict.fromkeys(maker.images):
            link = finder.find(maker, image)
            if link is None or _reaches(needs, link.target, maker.name):
                continue
            if link.taken:
                needs[maker.name].add(link.target)
            links.append(link)
        found[maker.name] = tuple(links)
    return found


def _reaches(needs: Mapping[str, set[str]], start: str, end: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if one == end:
            return True
        if one not in seen:
            seen.add(one)
            waiting += needs.get(one, ())
    return False


class _Finder:
    def __init__(self, makers: Iterable[Maker], spaces: Mapping[str, str]) -> None:
        self._by_word: dict[str, list[Maker]] = defaultdict(list)
        self._tagged: list[tuple[re.Pattern[str], Maker, str, str]] = []
        self._spaces = dict(spaces)
        for maker in makers:
            for word in maker.words:
                self._by_word[word].append(maker)
            for tag, place in maker.tags:
                pattern = _pattern(tag)
                # Who builds on an image and calls the outcome the same is not who makes it.
                if pattern is not None and not any(pattern.fullmatch(context_name(image)) for image in maker.images):
                    self._tagged.append((pattern, maker, tag, place))
        self._tagged.sort(key=lambda one: UNKNOWN in one[2])
        self._add_spaces(makers)

    def _add_spaces(self, makers: Iterable[Maker]) -> None:
        """What several images begin with that have the names of folders here, is taken for the tree's own."""
        named: dict[str, set[str]] = defaultdict(set)
        others: set[str] = set()
        for maker in makers:
            for image in maker.images:
                space, word = _split(image)
                if word in maker.words:
                    others.add(space)  # builds on what is called like itself: somebody else makes that
                elif word in self._by_word:
                    named[space].add(word)
        for space, words in named.items():
            if space and space not in others and len(words) > 1:
                one, two, *_ = sorted(words)
                self._spaces.setdefault(space, f"{space}{one} and {space}{two} are called like folders here")

    def find(self, maker: Maker, image: str) -> Link | None:
        """The link for an image that `maker` needs."""
        if "@" in image or image == "scratch":
            return None
        normal = context_name(image)
        for pattern, other, tag, place in self._tagged:
            if other is not maker and pattern.fullmatch(normal) is not None:
                shown = tag.replace(UNKNOWN, "…")
                return Link(image, other.name, True, f"{place} builds {shown}")
        space, word = _split(image)
        others = [one for one in self._by_word.get(word, ()) if one is not maker]
        if not others or word in maker.words:
            return None
        others, tag = _meant(others, self._by_word, normal, word)
        if not others:
            return None
        target = others[0].name
        if not space:
            if word in OFFICIAL:
                return None
            why = f"{word} is called like an image here, and is none of Docker Hub's own"
            return Link(image, target, len(others) == 1, why)
        why = f"it is called like {target}"
        built = [(tag, place) for tag, place in others[0].tags if UNKNOWN not in tag and _split(tag) == (space, word)]
        if len(others) > 1:
            return Link(image, target, False, f"{why}, but also like {others[1].name}")
        if built:
            return Link(image, target, False, f"{why}, but {built[0][1]} builds {built[0][0]}")
        place = self._spaces.get(space, "")
        if not place or not (others[0].axes or tag in ("", "latest") or version_of(tag) == ("version", "", tag)):
            return Link(image, target, False, why)
        more = place if " " in place else f"{place} builds images that begin with {space}"
        return Link(image, target, True, f"{why}, and {more}")


def _pattern(tag: str) -> re.Pattern[str] | None:
    """What matches the names that a tag may mean; None where too little of it is known."""
    if UNKNOWN not in tag:
        try:
            parse_reference(tag)
        except ReferenceError:
            return None
        return re.compile(re.escape(context_name(tag)))
    path, _, version = tag.partition(":") if "/" not in tag.rpartition(":")[2] else (tag, "", "")
    if not posixpath.basename(path).strip(UNKNOWN) or UNKNOWN in posixpath.basename(path):
        return None
    name = re.escape(path).replace(UNKNOWN, ".+")
    return re.compile(name + (":" + re.escape(version).replace(UNKNOWN, ".*") if version else ""))


def _split(image: str) -> tuple[str, str]:
    """What stands before the last part of an image's name, and that part without its tag."""
    try:
        reference = parse_reference(image)
    except ReferenceError:
        return "", ""
    path = context_name(image).partition("@")[0]
    path = path.removesuffix(f":{reference.tag}") if reference.tag else path
    folder, slash, word = path.rpartition("/")
    return folder + slash, word


def _meant(
    others: Sequence[Maker], by_word: Mapping[str, Sequence[Maker]], image: str, word: str
) -> tuple[list[Maker], str]:
    """Those that an image may mean, the best alone where there is one, and the tag that is left to be explained.

    One without axes may have any tag; ``caddy:full`` is ``caddy/full/Dockerfile`` where there is one.
    """
    tag = image.rpartition(":")[2] if ":" in image.rpartition("/")[2] else ""
    named = [one for one in others if one.called == word] or list(others)
    exact = [one for one in named if one.axes and "-".join(one.axes) == (tag or "latest")]
    if exact:
        return exact[:1], ""
    below = [one for one in by_word.get(fit_name(f"{word}-{tag}"), ()) if not one.axes] if tag else []
    if len(below) == 1:
        return below, ""
    return [one for one in named if not one.axes or (tag or "latest") in one.axes], tag
