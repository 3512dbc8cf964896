"""Names of the images that Dockerfiles become, and which Dockerfiles are one image for several versions."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter, defaultdict
from itertools import count, pairwise
from typing import TYPE_CHECKING

from bakegen.importing.dockerfile_tree_paths import meaning, stem, version_of
from bakegen.matrix.naming import default_name, fit_name
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bakegen.importing.dockerfile_tree_paths import Candidate

_AXIS = {"version": "version", "variant": "flavor"}
_ALIKE = 0.3
"""Which share of its lines two Dockerfiles have in common at least to be one image in two versions."""
_SHOWN = 2
"""Parts of a path that a name has at most, where it needs no more to be the only one."""

Lines = frozenset[str]


@dataclass(frozen=True, slots=True)
class Named:
    """What a Dockerfile is called.

    Attributes:
        name: of its target.
        family: the image that it is a version of, empty for an image of its own.
        axes: which version of it.
    """

    name: str
    family: str = ""
    axes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Image:
    """An image to be named: the parts of its paths that stay the same, and its Dockerfiles with their axes."""

    parts: tuple[str, ...]
    members: tuple[tuple[Candidate, tuple[tuple[str, str], ...]], ...]


def name_all(candidates: Sequence[Candidate], title: str, lines: Callable[[Candidate], Lines]) -> dict[str, Named]:
    """The names of Dockerfiles by path; all different, and the same wherever the repository lies.

    Args:
        candidates: all Dockerfiles.
        title: what the one at the top is called.
        lines: the lines of a Dockerfile that say something.
    """
    images = [one for group in _patterns(candidates) for one in _images(group, lines)]
    images.sort(key=lambda one: one.members[0][0].path)
    texts = _texts([one.parts for one in images], title)
    made: dict[str, Named] = {}
    taken: set[str] = set()
    for one, text in zip(images, texts, strict=True):
        for number in count(1):
            name = text if number == 1 else f"{text}-{number}"
            names = [default_name(name, [value for _, value in axes]) for _, axes in one.members]
            if taken.isdisjoint(names) and len(set(names)) == len(names):
                break
        taken.update(names)
        for (candidate, axes), target in zip(one.members, names, strict=True):
            made[candidate.path] = Named(target, name if axes else "", axes)
    return made


def clean(text: str) -> str:
    """`text` as the name of a target that is fit for the repository of an image, too: ``NodeBase`` is ``node-base``.

    Empty where nothing is left.
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "-", plain)
    return re.sub(r"_{3,}|[-_]{2,}", "-", fit_name(words).lower()).strip("-_")


def _patterns(candidates: Iterable[Candidate]) -> Iterable[list[tuple[Candidate, tuple[str, ...]]]]:
    """Dockerfiles whose paths differ in versions alone, each with all its parts."""
    groups: dict[tuple[object, ...], list[tuple[Candidate, tuple[str, ...]]]] = defaultdict(list)
    for candidate in candidates:
        parts = (*filter(None, candidate.folder.split("/")), candidate.suffix)
        key = tuple(part if (found := version_of(part)) is None else found[:2] for part in parts)
        groups[key, bool(candidate.suffix), _kind(candidate)].append((candidate, parts))
    return groups.values()


def _kind(candidate: Candidate) -> str:
    """How the file's name is made, without what is its own in it."""
    return posixpath.basename(candidate.path).replace(candidate.suffix, "*") if candidate.suffix else ""


def _images(group: list[tuple[Candidate, tuple[str, ...]]], lines: Callable[[Candidate], Lines]) -> Iterable[_Image]:
    """The images of a group: one where its Dockerfiles are alike, else each for itself."""
    while len(group) > 1:
        first = lines(group[0][0])
        alike = [one for one in group if one is group[0] or _common(first, lines(one[0])) >= _ALIKE]
        if len(alike) == 1:
            yield _alone(group[0][0])
        else:
            yield _family(alike)
        group = [one for one in group if one not in alike]
    for candidate, _ in group:
        yield _alone(candidate)


def _common(one: Lines, other: Lines) -> float:
    """The share of lines that two files have in common, of those of the shorter one."""
    return len(one & other) / max(1, min(len(one), len(other)))


def _alone(candidate: Candidate) -> _Image:
    return _Image(meaning(candidate), ((candidate, ()),))


def _family(group: list[tuple[Candidate, tuple[str, ...]]]) -> _Image:
    """One image; parts that all of its Dockerfiles have are no axes."""
    varying = [at for at in range(len(group[0][1])) if len({parts[at] for _, parts in group}) > 1]
    names: dict[int, str] = {}
    words: dict[str, str] = {}
    used: Counter[str] = Counter()
    for at in varying:
        part = group[0][1][at]
        found = version_of(part)
        assert found is not None
        axis = _AXIS[found[0]]
        used[axis] += 1
        names[at] = axis if used[axis] == 1 else f"{axis}{used[axis]}"
        words[part] = found[1]
    members = []
    for candidate, parts in group:
        values = [(names[at], found[2]) for at in varying if (found := version_of(parts[at])) is not None]
        members.append((candidate, tuple(values)))
    kept = (words.get(part, part) for part in meaning(group[0][0]))
    return _Image(tuple(filter(None, kept)), tuple(members))


def _texts(images: Sequence[tuple[str, ...]], title: str) -> list[str]:
    """A name for each image: as many parts of its path as it takes to tell it from the others."""
    shown = [max(stem(parts) + 1 - _SHOWN, 0) for parts in images]
    while True:
        texts = [_text(parts[start:], title) for parts, start in zip(images, shown, strict=True)]
        many = Counter(texts)
        longer = [start - 1 if start and many[text] > 1 else start for start, text in zip(shown, texts, strict=True)]
        if longer == shown:
            return texts
        shown = longer


def _text(parts: Sequence[str], title: str) -> str:
    """Parts as one name; ``search/search-api`` says ``search`` once, ``trixie`` needs the name of the whole."""
    words = list(filter(None, map(clean, parts)))
    said = [f"{following}-".startswith(f"{word}-") for word, following in pairwise(words)]
    text = "-".join(word for word, again in zip(words, [*said, False], strict=False) if not again)
    found = map(version_of, parts)
    alone = parts[:1] == ("",) or (text and all(one is not None and not one[1] for one in found))
    return f"{title}-{text}" if alone else text or title


def title_of(read: Callable[[str], bytes | None], tags: Iterable[str]) -> tuple[str, str]:
    """What the Dockerfile at the top is called, and why: by a tag that it is built with, a manifest, or ``app``."""
    for tag in tags:
        name = clean(posixpath.basename(tag.partition("@")[0]).partition(":")[0])
        if name:
            return name, f"it is built as {tag}"
    for path, pattern in _MANIFESTS.items():
        content = read(path)
        found = re.search(pattern, content.decode("utf-8", "replace")) if content is not None else None
        if found is not None and (name := clean(posixpath.basename(found[1].rstrip("/")))):
            return name, f"{path} calls the project so"
    return "app", "it stands at the top, and nothing says what it is called"


_MANIFESTS: Mapping[str, str] = {
    "go.mod": r"(?m)^module[ \t]+\"?([^\s\"]+?)(?:/v\d+)?\"?\s*$",
    "package.json": r'"name"\s*:\s*"([^"]+)"',
    "pyproject.toml": r"(?m)^name\s*=\s*[\"']([^\"']+)[\"']",
    "Cargo.toml": r"(?m)^name\s*=\s*\"([^\"]+)\"",
}
