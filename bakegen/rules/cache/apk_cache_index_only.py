"""Rule CA363: apk's packages are not kept where the cache is mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import cache_mounts
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if "/etc/apk" in subject.lower or "setup-apkcache" in subject.lower or "--cache-" in subject.lower:
        return
    for one in cache_mounts(subject):
        if one.target != "/var/cache/apk" or one.script.tree is None:
            continue
        adds = [call for call in one.script.calls if call.name == "apk" and call.sub in ("add", "upgrade")]
        if adds and not any(call.has("--no-cache") for call in adds):
            yield Finding(
                one.mount.span,
                "apk keeps only its index in /var/cache/apk: packages are downloaded again each time",
                "mount /etc/apk/cache instead, where apk keeps packages, too",
            )


_RUN = "RUN --mount=⟦type=cache,target=/var/cache/apk,sharing=locked⟧ apk add curl\n"
_PLAIN = _RUN.replace("⟦", "").replace("⟧", "")

RULE = Rule(
    code="CA363",
    name="apk-cache-index-only",
    summary="Mount /etc/apk/cache to keep apk's packages",
    why="apk puts the packages that it downloads into a cache only where `/etc/apk/cache` exists, as a directory or a "
    "link. Without it `/var/cache/apk` holds nothing but the index of each repository, so that a cache mount there "
    "saves one small download. A mount at `/etc/apk/cache` makes that directory and holds both.\n\n"
    "Nothing is said where the file speaks of `/etc/apk` or of apk's cache options at all.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Only the index", f"FROM alpine\n{_RUN}"),
        Example("The packages", f"FROM alpine\n{_PLAIN.replace('/var/cache/apk', '/etc/apk/cache')}"),
        Example("Linked", f"FROM alpine\n{_PLAIN.replace('apk add', 'ln -s /var/cache/apk /etc/apk/cache; apk add')}"),
        Example("No packages are fetched", f"FROM alpine\n{_PLAIN.replace('apk add curl', 'apk update')}"),
    ),
    words=("/var/cache/apk",),
    links=("https://wiki.alpinelinux.org/wiki/Local_APK_cache",),
)
