"""Names that registries accept: repositories and tags, and the one readable name that a branch gets in them.

Everything that becomes part of a reference goes through here. Sources: the grammar of
``distribution/reference`` and git's ``check-ref-format``, which allows far more than a tag does.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from bakegen.definition.entries import Problem, holds_credentials

if TYPE_CHECKING:
    from collections.abc import Collection

TAG_LENGTH = 128
REPOSITORY_LENGTH = 255
SLUG_LENGTH = 40

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_HOST = re.compile(
    r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?",
    re.ASCII,
)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*", re.ASCII)
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}", re.ASCII)

_UNSAFE = re.compile(r"[^a-z0-9._-]+")
_CLEAN_SLUG = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,38}[a-z0-9_])?", re.ASCII)
# Slugs with a meaning of their own: pull requests, our own tags, hashed slugs, and what would read as the
# platform in front of another slug in a cache tag.
_RESERVED = re.compile(
    r"pr-[0-9]+|(?:cache|key)[-.].*|latest|.*-[0-9a-f]{8}"
    r"|(?:aix|android|darwin|dragonfly|freebsd|illumos|linux|netbsd|openbsd|plan9|solaris|wasip1|windows)-[^.]*\..*",
    re.ASCII | re.DOTALL,
)


def digest8(text: str) -> str:
    """Eight hex digits that tell `text` from others, any text at all."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def slug(branch: str) -> str:
    """The name of `branch` (without ``refs/heads/``) in tags: readable, at most 40 of ``[a-z0-9._-]``.

    A branch that is such a name already is its own slug. Wherever something is lost (a slash, upper case,
    length), or the name has a meaning of its own (``pr-12``, ``latest``, a name that ends like a hash), the
    slug ends in a hash of the raw name; so two branches share a slug only where their hashes are equal.
    """
    if _CLEAN_SLUG.fullmatch(branch) and not _RESERVED.fullmatch(branch):
        return branch
    return hashed_slug(branch)


def hashed_slug(branch: str) -> str:
    """As `slug`, but always with the hash: for places where the plain one means something already."""
    readable = _UNSAFE.sub("-", branch.lower()).lstrip(".-")[: SLUG_LENGTH - 9].rstrip(".-")
    mark = digest8(branch)
    return f"{readable}-{mark}" if readable else f"b-{mark}"


def pull_request_slug(number: str) -> str:
    """``pr-12`` for pull request 12; no branch has such a slug."""
    plain = re.fullmatch(r"[0-9]{1,20}", number, re.ASCII) is not None
    return f"pr-{number}" if plain else f"pr-x-{digest8(number)}"


def fit_tag(tag: str, identity: str) -> str:
    """`tag`, or where it is too long its beginning and a hash of `identity`, which must tell it from others."""
    if len(tag) <= TAG_LENGTH:
        return tag
    return f"{tag[: TAG_LENGTH - 9].rstrip('.-')}-{digest8(identity)}"


def cache_tag(target: str, platform: str | None, branch_slug: str) -> str:
    """The tag of a target's cache: ``cache-go-1-22.master``, ``cache-go-1-22.linux-arm-v7.master``.

    A dot separates the parts because neither target names nor platforms hold one: no two combinations of
    target, platform and branch give the same tag.
    """
    parts = [target, *([platform.replace("/", "-")] if platform else []), branch_slug]
    return fit_tag("cache-" + ".".join(parts), "\0".join([target, platform or "", branch_slug]))


def key_tag(content_key: str) -> str:
    """The tag that carries a content key."""
    return fit_tag(f"key-{content_key}", content_key)


def branch_tag(tag: str, branch: str, branch_slug: str, default_tags: Collection[str]) -> str:
    """What `tag` of the default branch is called on another branch: ``<tag>-<slug>``, `latest` just the slug.

    `default_tags` are all tags that the default branch writes into that repository. A name that could also
    be one of those, or another tag's name on another branch (``1.22`` on branch ``alpine-x``, ``1.22-alpine``
    on branch ``x``), gets the hash of `branch`.
    """
    start = "" if tag == "latest" else tag + "-"
    wanted = start + branch_slug
    if is_ambiguous(wanted, start, default_tags):
        wanted = start + hashed_slug(branch)
    return fit_tag(wanted, f"{tag}\0{branch}")


def is_ambiguous(wanted: str, start: str, default_tags: Collection[str]) -> bool:
    """Whether `wanted` is a tag of the default branch or reads as a longer one of them on another branch."""
    return wanted in default_tags or any(
        len(other) >= len(start) and wanted.startswith(other + "-") for other in default_tags if other != "latest"
    )


def split_reference(reference: str) -> tuple[str, str | None, str | None]:
    """Repository, tag and digest of a reference, by their separators alone."""
    name, _, digest = reference.partition("@")
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    if colon < 0:
        return name, None, digest or None
    return name[:colon], name[colon + 1 :], digest or None


def repository_problem(repository: str) -> Problem | None:
    """What keeps `repository` from being one that registries accept, or None.

    Bake takes upper-case and over-long names, the registry does not.
    """
    code = "repository-name"
    if holds_credentials(repository + "/"):
        # Not repeated: the message would end up in a log.
        return Problem("secret-in-file", "a repository name holds a user name and password", None, "log in instead")
    if not repository:
        return Problem(code, "the repository name is empty", None, "write it as host/path or path")
    if "://" in repository:
        return Problem(code, f"{repository!r} is a URL, not a repository", None, "leave out the scheme")
    first, slash, rest = repository.partition("/")
    has_host = bool(slash) and (any(c in first for c in ".:[") or first == "localhost" or first != first.lower())
    if has_host and not _HOST.fullmatch(first):
        return Problem(code, f"{first!r} in {repository!r} is not a host name", None, "a host is name[:port]")
    path = rest if has_host else repository
    if path != path.lower():
        help = f"write {(first + '/' if has_host else '') + path.lower()}"
        return Problem(code, f"{repository!r} has upper-case letters, which registries refuse", None, help)
    for component in path.split("/"):
        if not _COMPONENT.fullmatch(component):
            help = "a part is a-z and 0-9, with one `.`, `_`, `__` or some `-` between them"
            return Problem(code, f"{component!r} in {repository!r} cannot be part of a repository name", None, help)
    if len(repository) > REPOSITORY_LENGTH:
        help = f"at most {REPOSITORY_LENGTH}"
        return Problem(code, f"the repository name has {len(repository)} characters", None, help)
    return None


def tag_problem(tag: str) -> Problem | None:
    """What keeps `tag` from being a tag, or None."""
    if _TAG.fullmatch(tag):
        return None
    if len(tag) > TAG_LENGTH:
        return Problem("tag-name", f"a tag has {len(tag)} characters", None, f"at most {TAG_LENGTH}")
    help = "a tag is letters, digits, `_`, `.` and `-`, and starts with a letter, a digit or `_`"
    return Problem("tag-name", f"{tag!r} is not a tag" if tag else "a tag is empty", None, help)


def reference_problem(reference: str) -> Problem | None:
    """What keeps ``repository[:tag][@digest]`` from being a reference, or None."""
    repository, tag, digest = split_reference(reference)
    if "@" in reference and holds_credentials(reference) and not (digest and _DIGEST.fullmatch(digest)):
        return Problem("secret-in-file", "a reference holds a user name and password", None, "log in instead")
    problem = repository_problem(repository)
    if problem is None and tag is not None:
        problem = tag_problem(tag)
    if problem is None and "@" in reference and not (digest and _DIGEST.fullmatch(digest)):
        return Problem("digest", f"{digest or ''!r} is not a digest", None, "a digest is sha256:<64 hex digits>")
    return problem
