"""The rules of docker/metadata-action: which tags are those of the default branch, and which depend on what is built.

A tag of the default branch becomes one of `tags`, which bakegen gives other branches a form of their own of; what
names the branch, the git tag or the commit becomes an element of `branch-tags`. Source: `src/tag.ts`, `src/meta.ts` and
`src/flavor.ts` of docker/metadata-action.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bakegen.definition.csvfields import split_fields
from bakegen.importing.folding_templates import mark
from bakegen.importing.workflow_conditions import condition_of
from bakegen.importing.workflow_expressions import MARKED, Contexts, Unknown, logical_lines
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOLD = "\ue002"
"""Begins a line of tags of which all that can be said has been said."""
_DEFAULTS = ("type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr")
_RELEASE = "git.tag and '-' not in git.tag"
_VERSIONS = {
    "{{major}}.{{minor}}.{{patch}}": "git.tag | parts(3)",
    "{{major}}.{{minor}}": "git.tag | parts(2)",
    "{{major}}": "git.tag | parts(1)",
    "{{version}}": "git.tag.removeprefix('v')",
    "{{raw}}": "git.tag",
    "{{tag}}": "git.tag",
}
"""Parts of version patterns and what they come to; pre-releases have those of the whole version alone."""
_GLOBAL = {
    "{{branch}}": mark("branch"),
    "{{tag}}": mark("tag"),
    "{{sha}}": mark("git.commit[:7]"),
    "{{base_ref}}": mark("branch"),
}


@dataclass(frozen=True)
class Metadata:
    """What a step of metadata-action gives.

    Attributes:
        images: names without tags.
        tags: lines, those that depend on what is built with marks.
        labels: ``key=value`` lines.
    """

    images: tuple[str, ...]
    tags: tuple[str, ...]
    labels: tuple[str, ...]


class _Moving(NamedTuple):
    """A tag with marks, and when there is one."""

    text: str
    condition: str


@dataclass(frozen=True)
class _Tags:
    """Tags of one rule, without the image."""

    fixed: tuple[str, ...] = ()
    moving: tuple[_Moving, ...] = ()
    latest: str = ""


class MetadataReader:
    """Reads the inputs of one step."""

    def __init__(self, contexts: Contexts, default_branch: str, lose: Callable[[str, str], None]) -> None:
        """`lose` takes what is lost and what to do about it."""
        self.contexts, self.default_branch, self.lose = contexts, default_branch, lose

    def read(self, images: str, tags: str, flavor: str, labels: str, source: str) -> Metadata:
        """What inputs come to; `source` is the address of the repository, empty where it is not known."""
        names = self._images(images)
        flavors = self._flavor(flavor)
        fixed: dict[str, None] = {}
        moving: dict[_Moving, None] = {}
        latest: dict[str, None] = {}
        for written in self._lines(tags) or _DEFAULTS:
            try:
                fields = split_fields(written)
            except ValueError:
                self.lose(f"the tag rule `{written}` is not understood", "write its tags into `tags` or `branch-tags`")
                continue
            found = self._rule(written, [one.strip() for one in fields], flavors)
            fixed |= dict.fromkeys(found.fixed)
            moving |= dict.fromkeys(found.moving)
            latest |= {found.latest: None} if found.latest else {}
        if flavors.get("latest") == "true":
            fixed |= {"latest": None}
        elif flavors.get("latest") != "false" and latest:
            # The rule that the action puts first decides: those of versions before those of git tags.
            moving |= {_Moving("latest", _RELEASE if _RELEASE in latest else next(iter(latest))): None}
        lines = [f"{TOLD}{name}:{one}" for name in names for one in fixed]
        lines += [f"{TOLD}{_conditional(name, one)}" for name in names for one in moving]
        return Metadata(tuple(names), tuple(lines), (*self._labels(source), *self._lines(labels)))

    def _images(self, written: str) -> list[str]:
        found = []
        for line in self._lines(written):
            name = next((part.removeprefix("name=") for part in line.split(",") if not part.startswith("enable=")), "")
            if "enable=false" not in line and name and not MARKED.search(name):
                found.append(name.strip().lower())
        return found

    def _flavor(self, written: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in map(str.strip, logical_lines(written)):
            if line.startswith("latest=${{") and line.endswith("}}"):
                # Tags of the default branch are what `tags` are.
                latest = condition_of(self.contexts, line.removeprefix("latest="))
                found["latest"] = {"default": "true", "unknown": "auto"}.get(latest, latest)
                if latest in ("true", "false", "default"):
                    continue
            for one in self._lines(line):
                fields = dict(part.strip().partition("=")[::2] for part in one.split(","))
                found |= {name: value for name, value in fields.items() if name != "onlatest"}
        return found

    def _lines(self, written: str) -> list[str]:
        """Lines whose expressions are known; those of rules keep theirs where only `enable` has one."""
        found: list[str] = []
        for line in map(str.strip, logical_lines(written)):
            if not line or line.startswith("#"):
                continue
            enabled = re.search(r",?enable=(\$\{\{.*?\}\}|\{\{.*?\}\}|[^,]*)", line)
            rest = line if enabled is None else line[: enabled.start()] + line[enabled.end() :]
            value = self.contexts.text(rest)
            if isinstance(value, Unknown):
                self.lose(
                    f"`{line}` is known only when the workflow runs", "write its tags into `tags` or `branch-tags`"
                )
            else:
                condition = f",enable={_quoted(condition_of(self.contexts, enabled[1]))}" if enabled is not None else ""
                found += [one + condition for one in value.split("\n") if one.strip()]
        return found

    def _rule(self, written: str, fields: Sequence[str], flavors: dict[str, str]) -> _Tags:
        rule: dict[str, str] = {}
        for field in fields:
            name, equals, value = field.partition("=")
            rule[name.lower() if equals else "value"] = value if equals else field
        kind = rule.get("type", "raw")
        enable = rule.get("enable", "true")
        if enable == "false":
            return _Tags()
        prefix = rule.get("prefix", flavors.get("prefix", "") if kind not in ("sha",) else "sha-")
        suffix = rule.get("suffix", flavors.get("suffix", ""))
        if enable == "unknown":
            self.lose(f"when the tag rule `{_shown(rule)}` holds is not understood", _BY_HAND)
            return _Tags()
        if kind == "raw" and enable != "other":
            return self._raw(f"{prefix}{rule.get('value', '')}{suffix}", enable, rule)
        if enable == "other" and (kind, rule.get("event")) != ("ref", "branch"):
            self.lose(
                f"that the tag rule `{_shown(rule)}` holds for other branches alone is not carried over", _BY_HAND
            )
            return _Tags()
        if kind == "ref":
            if enable == "other":
                return _Tags(moving=self._ref("branch", prefix, suffix, own=False).moving)
            return self._ref(rule.get("event", ""), prefix, suffix, "prefix" in rule or "prefix" in flavors)
        if kind == "sha":
            self.lose(
                "commits of the default branch get no tag of their own (type=sha)",
                "other branches and git tags do, by `branch-tags`; a commit's image is found by its digest",
            )
            fact = "git.commit" if rule.get("format") == "long" else "git.commit[:7]"
            return _Tags(moving=(_Moving(f"{prefix}{mark(fact)}{suffix}", "git.commit"),))
        if kind == "edge":
            branch = rule.get("branch") or self.default_branch
            text = f"{prefix}edge{suffix}"
            if branch == self.default_branch:
                return _Tags(fixed=(text,))
            return _Tags(moving=(_Moving(text, f"git.branch == {_quote(branch)}"),))
        if kind in ("semver", "pep440"):
            return self._version(rule, prefix, suffix)
        if kind == "match" and (tag := _matched(rule)) is not None:
            return _Tags(moving=(_Moving(f"{prefix}{tag.text}{suffix}", tag.condition),), latest="git.tag")
        if kind == "schedule":
            if written not in _DEFAULTS:
                self.lose(f"the tag of scheduled builds (`{_shown(rule)}`) is not carried over", _BY_HAND)
            return _Tags()
        self.lose(f"the tag rule `{_shown(rule)}` is not carried over", _BY_HAND)
        return _Tags()

    def _raw(self, text: str, enable: str, rule: dict[str, str]) -> _Tags:
        for name, value in _GLOBAL.items():
            text = text.replace(name, value)
        if "{{" in text:
            self.lose(f"the tag rule `{_shown(rule)}` is not carried over", _BY_HAND)
            return _Tags()
        if enable == "tag":
            return _Tags(moving=(_Moving(text, "git.tag"),))
        if enable == "request":
            return _Tags(moving=(_Moving(text, "ci.pull_request"),))
        if MARKED.search(text):
            return _Tags(moving=(_Moving(text, ""),))
        return _Tags(fixed=(text,))

    def _ref(self, event: str, prefix: str, suffix: str, own: bool) -> _Tags:
        if event == "branch":
            here = f"{prefix}{mark('branch')}{suffix}"
            default = f"{prefix}{self.default_branch}{suffix}"
            return _Tags((default,), (_Moving(here, "not ci.pull_request and not git.tag"),))
        if event == "tag":
            return _Tags(moving=(_Moving(f"{prefix}{mark('tag')}{suffix}", "git.tag"),), latest="git.tag")
        if event == "pr":
            start = prefix if own else "pr-"
            return _Tags(moving=(_Moving(f"{start}{mark('ci.pull_request')}{suffix}", "ci.pull_request"),))
        return _Tags()

    def _version(self, rule: dict[str, str], prefix: str, suffix: str) -> _Tags:
        pattern = re.sub(r"\{\{\s*(\w+)\s*\}\}", r"{{\1}}", rule.get("pattern", ""))
        value = rule.get("value", "")
        if value and not MARKED.search(value):
            text = _filled(pattern, value)
            return _Tags(fixed=(f"{prefix}{text}{suffix}",)) if text else _Tags()
        text = pattern
        for part, fact in _VERSIONS.items():
            text = text.replace(part, mark(fact))
        if "{{" in text or rule.get("match") or not text:
            self.lose(f"the tag rule `{_shown(rule)}` is not carried over", _BY_HAND)
            return _Tags()
        condition = _RELEASE if "parts(" in text or not MARKED.search(text) else "git.tag"
        return _Tags(moving=(_Moving(f"{prefix}{text}{suffix}", condition),), latest=_RELEASE)

    def _labels(self, source: str) -> tuple[str, ...]:
        fixed = (f"org.opencontainers.image.source={source}",) if source else ()
        return (*fixed, f"org.opencontainers.image.revision={mark('git.commit')}")


_BY_HAND = "write it into `tags` or `branch-tags` of image.yaml by hand"


def _matched(rule: dict[str, str]) -> _Moving | None:
    """The tag of `type=match`, where its pattern takes all of a git tag, or all that follows a plain beginning."""
    pattern = rule.get("pattern", "")
    if pattern.startswith("/") and pattern.endswith("/"):
        pattern = pattern[1:-1]
    found = re.fullmatch(r"\^?([A-Za-z0-9_/-]*)(\()?\.[*+](\))?\$?", pattern)
    if found is None or rule.get("value") or bool(found[2]) != bool(found[3]):
        return None
    start, group = found[1], rule.get("group", "0")
    if group not in ("0", "1") or (group == "1" and not found[2]):
        return None
    text = mark(f"git.tag.removeprefix({_quote(start)})") if group == "1" and start else mark("git.tag")
    return _Moving(text, f"git.tag.startswith({_quote(start)})" if start else "git.tag")


def _shown(rule: dict[str, str]) -> str:
    """A rule without what differs from one combination of a matrix to the next."""
    shown = ("type", "event", "pattern", "branch", "match", *(["value"] if rule.get("type", "raw") == "raw" else []))
    return ",".join(f"{name}={rule[name]}" for name in shown if rule.get(name)) or "type=raw"


def _conditional(name: str, tag: _Moving) -> str:
    """A tag that depends on what is built: nothing at all where its condition does not hold."""
    text = f"{name}:{tag.text}"
    return f"{mark('%if ' + tag.condition)}{text}{mark('%endif')}" if tag.condition else text


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text


def _filled(pattern: str, version: str) -> str:
    """The pattern with the parts of a version that is known."""
    plain = version.removeprefix("v")
    numbers = [*re.findall(r"\d+", plain.partition("-")[0]), "0", "0", "0"]
    if "-" in plain and "{{raw}}" not in pattern:
        return plain
    values = {"version": plain, "raw": version, "major": numbers[0], "minor": numbers[1], "patch": numbers[2]}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values.get(found[1], ""), pattern)
