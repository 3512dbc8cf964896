"""The inputs of docker/build-push-action as the attributes of a bake target.

Source: `action.yml` and `src/context.ts` of docker/build-push-action.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.definition.attributes import ATTRIBUTES
from bakegen.definition.csvfields import split_fields
from bakegen.definition.entries import parse_entry
from bakegen.importing.folding_templates import unmarked
from bakegen.importing.workflow_expressions import MARKED, Contexts, Unknown, logical_lines
from bakegen.importing.workflow_metadata import TOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.bake.meaning import Json

_LISTS = {"platforms": "platforms", "no-cache-filters": "no-cache-filter", "allow": "entitlements", "ulimit": "ulimits"}
_TEXTS = ("target", "network", "shm-size")
_ELSEWHERE = frozenset(
    ("context", "file", "push", "load", "cache-from", "cache-to", "builder", "github-token", "cgroup-parent")
)
"""Inputs that are read elsewhere, that bakegen decides itself, or that say where to build rather than what."""
_KNOWN = frozenset(
    [
        "build-args",
        "build-contexts",
        "tags",
        "labels",
        "annotations",
        "secrets",
        "secret-files",
        "secret-envs",
        "ssh",
        "add-hosts",
        "pull",
        "no-cache",
        "provenance",
        "sbom",
        "attests",
        "outputs",
        "call",
        *_TEXTS,
        *_LISTS,
    ]
)
_DEFAULT_CONTEXT = re.compile(r"\{\{\s*defaultContext\s*\}\}:?")
_BRANCHES = frozenset(("tag", "branch", "git.branch"))
_SECRET = re.compile(r"\$\{\{\s*(?:secrets|env|vars)\.([A-Za-z_]\w*)\s*\}\}")
_OWN_OUTPUTS = frozenset(("image", "registry", "docker"))


class BuildReader:
    """One step that builds.

    Attributes:
        attributes: as bake prints them.
        own: `branch-tags` and `ci-labels`.
    """

    def __init__(
        self, inputs: Mapping[str, str], contexts: Contexts, default_branch: str, tell: Callable[[str, str, bool], None]
    ) -> None:
        """The inputs as they are written; `tell` takes what, what to do, and whether something is lost."""
        self.inputs, self.contexts, self.default_branch, self._tell = inputs, contexts, default_branch, tell
        self.attributes: dict[str, Json] = {}
        self.own: dict[str, Json] = {}

    def lose(self, what: str, instead: str) -> None:
        """Tells that something is lost."""
        self._tell(what, instead, True)

    def read(self, prefix: str) -> bool:
        """Reads all inputs; False where it is not known what is built. `prefix` is where the repository is put."""
        if not self._where(prefix):
            return False
        self._arguments()
        self._tags()
        self._labels()
        self._plain()
        self._secrets()
        self._entries()
        if self.inputs.get("cache-from") or self.inputs.get("cache-to"):
            what = "cache-from and cache-to of the workflow are replaced"
            self._tell(what, "bakegen gives each target and branch a cache of its own, in the registry", False)
        for name in self.inputs:
            if name not in _KNOWN | _ELSEWHERE:
                self.lose(f"the input {name!r} is not carried over", "write what it does into image.yaml by hand")
        self.attributes = {name: value for name, value in self.attributes.items() if value not in (None, "", [], {})}
        return True

    def _where(self, prefix: str) -> bool:
        context = self.contexts.text(_DEFAULT_CONTEXT.sub("./", self.inputs.get("context") or "."))
        file = self.contexts.text(self.inputs.get("file") or "")
        for value in (context, file):
            if isinstance(value, Unknown) or MARKED.search(value):
                self.lose(
                    "what is built is known only when the workflow runs", "name its context and Dockerfile by hand"
                )
                return False
        assert isinstance(context, str) and isinstance(file, str)
        if "://" in context or context.startswith("git@"):
            self.attributes |= {"context": context, "dockerfile": file or "Dockerfile"}
            return True
        inside = _DEFAULT_CONTEXT.match(self.inputs.get("context") or "") is not None
        folder = _inside(context, prefix)
        path = posixpath.join(folder, file or "Dockerfile") if inside or not file else _inside(file, prefix)
        self.attributes |= {"context": folder, "dockerfile": posixpath.relpath(path, folder)}
        return True

    def _arguments(self) -> None:
        args: dict[str, Json] = {}
        lost: dict[str, str] = {}
        for written in _lines(self.inputs.get("build-args", "")):
            value = self.contexts.text(written)
            known = written if isinstance(value, Unknown) else value
            name = known.partition("=")[0].strip()
            if isinstance(value, Unknown) or (value and "=" not in value) or MARKED.search(value):
                lost[name] = "secrets." if "secrets." in written else ""
            elif name:
                args[name] = value.partition("=")[2].strip()
        for name, secret in lost.items():
            if secret:
                self.lose(f"the build argument {name} is a secret, which images keep", "mount it with `secret` instead")
        rest = [name for name, secret in lost.items() if not secret and "${{" not in name]
        if rest:
            many = "build arguments" if len(rest) > 1 else "build argument"
            what = f"the {many} {', '.join(rest)} would be known only when the workflow runs"
            self.lose(what, "write a value below `args`, or build with `--set TARGET.args.NAME=…`")
        self.attributes["args"] = args
        contexts: dict[str, Json] = {}
        for line in self._known("build-contexts"):
            name, _, where = line.partition("=")
            local = "://" not in where and not where.startswith(("git@", "target:"))
            contexts[name] = posixpath.normpath(where) if local else where
        self.attributes["contexts"] = contexts

    def _known(self, name: str) -> list[str]:
        """The lines of an input; those that are known only later are lost."""
        found: list[str] = []
        for one in self.contexts.lines(self.inputs.get(name, "")):
            if isinstance(one, Unknown):
                self.lose(
                    f"`{one.expression}` in {name} is known only when the workflow runs", "write it into image.yaml"
                )
            else:
                found.append(one)
        return found

    def _tags(self) -> None:
        fixed: dict[str, None] = {}
        moving: dict[str, None] = {}
        for line in self._known("tags"):
            for tag in [line] if line.startswith(TOLD) else [part.strip() for part in line.split(",") if part.strip()]:
                facts = MARKED.findall(tag)
                plain = tag.removeprefix(TOLD)
                if not facts:
                    fixed[plain] = None
                    continue
                moving[plain] = None
                if tag.startswith(TOLD):
                    continue
                if _BRANCHES.issuperset(facts):
                    fixed[unmarked(plain, dict.fromkeys(facts, self.default_branch))] = None
                else:
                    names = ", ".join(dict.fromkeys(facts))
                    what = f"builds of the default branch do not get the tags that are made of {names}"
                    self.lose(what, "other branches and git tags do, by `branch-tags`")
        self.attributes["tags"] = [*fixed]
        if moving:
            self.own["branch-tags"] = [*moving]

    def _labels(self) -> None:
        labels: dict[str, Json] = {}
        facts: dict[str, Json] = {}
        for line in self._known("labels"):
            name, equals, value = line.partition("=")
            if equals:
                (facts if MARKED.search(value) else labels)[name.strip()] = value.strip()
        self.attributes["labels"] = labels
        if facts:
            self.own["ci-labels"] = facts
        self.attributes["annotations"] = [line for line in self._known("annotations") if not MARKED.search(line)]

    def _plain(self) -> None:
        for name, field in _LISTS.items():
            self.attributes[field] = [
                one.strip() for line in self._known(name) for one in line.split(",") if one.strip()
            ]
        for name in _TEXTS:
            self.attributes[name] = next(iter(self._known(name)), "")
        if self.attributes["network"] == "host":
            have = self.attributes["entitlements"]
            listed = have if isinstance(have, list) else []
            self.attributes["entitlements"] = [*listed, *([] if "network.host" in listed else ["network.host"])]
        for name in ("pull", "no-cache"):
            if self._known(name) == ["true"]:
                self.attributes[name] = True
        call = next(iter(self._known("call")), "build")
        if call != "build":
            self.attributes["call"] = call.partition(",")[0]
        hosts = (line.replace("=", ":", 1).partition(":")[::2] for line in self._known("add-hosts"))
        self.attributes["extra-hosts"] = dict(hosts)

    def _secrets(self) -> None:
        secrets: dict[str, Json] = {}
        exported: list[str] = []
        for line in _lines(self.inputs.get("secrets", "")):
            name, equals, value = line.strip('"').partition("=")
            if not equals or not re.fullmatch(r"[\w.-]+", name):
                continue
            source = _SECRET.search(value)
            variable = source[1] if source is not None else re.sub(r"\W", "_", name).upper()
            secrets[name] = {"id": name, "env": variable}
            exported.append(variable)
        for line in self._known("secret-files"):
            name, _, path = line.partition("=")
            secrets[name] = {"id": name, "src": posixpath.normpath(path)}
        for line in self._known("secret-envs"):
            name, _, variable = line.partition("=")
            secrets[name] = {"id": name, "env": variable or name}
        if exported:
            names = ", ".join(dict.fromkeys(exported))
            what = f"secrets are read from the environment now: {names}"
            given = ", ".join(f"`{one}: ${{{{ secrets.{one} }}}}`" for one in dict.fromkeys(exported))
            self._tell(what, f"give the step that builds {given} below `env`", False)
        self.attributes["secret"] = [*secrets.values()]
        ssh = [line.partition("=")[0] for line in _lines(self.inputs.get("ssh", "")) if line]
        self.attributes["ssh"] = [{"id": name} for name in dict.fromkeys(ssh)]

    def _entries(self) -> None:
        attests: list[str] = []
        for kind in ("sbom", "provenance"):
            for value in self._known(kind):
                if value in ("true", "false"):
                    attests.append(f"type={kind}" + (",disabled=true" if value == "false" else ""))
                elif value:
                    attests.append(f"type={kind},{value}")
        self.attributes["attest"] = self._parsed("attest", [*attests, *self._known("attests")])
        outputs = self._known("outputs")
        self.attributes["output"] = self._parsed(
            "output", [one for one in outputs if _output_type(one) not in _OWN_OUTPUTS]
        )

    def _parsed(self, attribute: str, values: list[str]) -> list[Json]:
        found: list[Json] = []
        for value in values:
            entry, problems = parse_entry(ATTRIBUTES[attribute], value)
            if entry is not None and not MARKED.search(value):
                found.append({key: list(one) if isinstance(one, tuple) else one for key, one in entry.items()})
            for problem in problems:
                self.lose(f"`{value}`: {problem.message}", f"write it into `{attribute}` of image.yaml by hand")
        return [{**one, "disabled": True} if isinstance(one, dict) and "disabled" in one else one for one in found]


def _lines(written: str) -> list[str]:
    """Lines of ``key=value``, a value in quotes over several lines as one."""
    lines = (line.strip() for line in logical_lines(written))
    return [line for line in lines if line and not line.startswith("#")]


def _inside(path: str, prefix: str) -> str:
    """A path of the runner as one of the repository, which was put into the folder `prefix`."""
    plain = posixpath.normpath(path)
    if prefix != "." and (plain == prefix or plain.startswith(f"{prefix}/")):
        return posixpath.relpath(plain, prefix)
    return plain


def _output_type(written: str) -> str:
    try:
        fields = dict(field.partition("=")[::2] for field in split_fields(written))
    except ValueError:
        return ""
    return fields.get("type", "local")
