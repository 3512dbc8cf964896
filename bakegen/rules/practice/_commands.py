"""What rules about commands in RUN share: actions with their operands, caches in mounts, clean-ups, edits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.rules.calls import children
from bakegen.rules.model import Fix
from bakegen.shell.syntax import AndOr, If, Pipeline, Sequence, Simple, While
from bakegen.text import Edit, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator

    from bakegen.dockerfile.instructions import Run
    from bakegen.rules.calls import RunScript, ShellCall, ShellWord
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.shell.syntax import Node

_OPTIONS = re.compile(r"opt|flag|arg|yes|quiet|param|apt|yum|dnf|zypp|apk|pip", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?(\w*)")


@dataclass(frozen=True)
class Action:
    """A call of a program that is told what to do by its first operand.

    Attributes:
        call: the call.
        verb: the word that says what to do: ``install``.
        operands: what follows it, without options.
        sure: whether no variable among the words may hold options.
    """

    call: ShellCall
    verb: ShellWord
    operands: tuple[ShellWord, ...]
    sure: bool


def actions(
    subject: DockerfileSubject, names: tuple[str, ...], verbs: Container[str], valued: str = ""
) -> Iterator[Action]:
    """All calls of `names` that do one of `verbs`; `valued` are options that take the next word."""
    for call in subject.calls(*names):
        words = call.operands(*valued.split())
        if words and words[0].literal and words[0].text in verbs:
            yield Action(call, words[0], words[1:], not any(_may_be_options(word) for word in call.words))


def _may_be_options(word: ShellWord) -> bool:
    match = _VARIABLE.match(word.text) if not word.literal else None
    return match is not None and (not match[1] or bool(_OPTIONS.search(match[1])))


# --- where the call stands


def script_of(subject: DockerfileSubject, call: ShellCall) -> RunScript:
    """The script that a call stands in."""
    return subject.script(call.run)


def is_fed(script: RunScript, call: ShellCall) -> bool:
    """Whether a call may read answers: something stands before it in a pipe, or its input is redirected."""
    if call.tree is None or script.tree is None:
        return False
    if any(redirect.operator.startswith("<") for redirect in call.tree.redirects):
        return True
    return any(_holds(item, call.tree) for pipe in pipelines(script.tree) for item in pipe.items[1:])


def pipelines(node: Node) -> Iterator[Pipeline]:
    """All pipelines in a node, those in substitutions left out."""
    if isinstance(node, Pipeline) and len(node.items) > 1:
        yield node
    for child, _ in children(node):
        yield from pipelines(child)


def _holds(node: Node, wanted: Simple) -> bool:
    return node.start <= wanted.start and wanted.end <= node.end


def shipped(subject: DockerfileSubject, call: ShellCall) -> bool:
    """Whether the layer of a call's RUN is in the image of the last stage: it is that stage or one that it is FROM."""
    wanted = subject.script(call.run).stage
    stages = subject.resolved.stages
    one = stages[-1] if stages else None
    while one is not None:
        if one.stage.index == wanted:
            return True
        one = one.base
    return False


def root_image(subject: DockerfileSubject, script: RunScript) -> str:
    """The name of the image that the stages of a RUN begin with, in lower case; "" where it is not known."""
    stages = subject.resolved.stages
    one = stages[script.stage] if script.stage < len(stages) else None
    while one is not None and one.base is not None:
        one = one.base
    return (one.image or one.stage.start.image.text).lower() if one is not None else ""


# --- caches

_HOMES = re.compile(r"(?:/root|/home/[^/]+|~|\$\{?HOME\}?)/?")


def mounted(subject: DockerfileSubject, run: Run, *directories: str) -> bool:
    """Whether a RUN has a cache or tmpfs mount at one of `directories` (``~/…`` for any home), above or below.

    A target that cannot be worked out may be any of them.
    """
    if not run.mounts:
        return False
    step = subject.steps.get(run)
    if step is not None:
        targets = [mount.target for mount in step.mounts if mount.kind in ("cache", "tmpfs")]
    else:
        targets = [mount.get("target") or "" for mount in run.mounts if mount.kind in ("cache", "tmpfs")]
    return any(_meets(target, directory) for target in targets for directory in directories)


def _meets(target: str, directory: str) -> bool:
    target = target.rstrip("/") or "/"
    if re.fullmatch(r"\$\{?\w+\}?", target) and not _HOMES.fullmatch(target):
        return True
    if not directory.startswith("~/"):
        return _inside(target, directory) or _inside(directory, target)
    if _HOMES.fullmatch(target):
        return True
    parts = directory[2:].split("/")
    ends = ["/" + "/".join(parts[: index + 1]) for index in range(len(parts))]
    return any(target.endswith(end) for end in ends) or f"{ends[-1]}/" in target


def _inside(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


_REMOVERS = frozenset(("rm", "find", "rmdir", "unlink", "mv", "shred"))


def removes(call: ShellCall, *directories: str) -> bool:
    """Whether a call takes away something in, or all of, one of `directories` (``~/…`` for any home)."""
    if call.name not in _REMOVERS:
        return False
    for word in call.words:
        if " cache dir" in word.text:  # `rm -rf "$(pip cache dir)"`
            return True
        path = word.text.rstrip("*").rstrip("/")
        if path and any(_meets(path, directory) for directory in directories if path != "/"):
            return True
    return False


def tidied(script: RunScript, last: ShellCall) -> bool:
    """Whether a script of somebody's own, by its name one that cleans up, runs behind a call."""
    return any("clean" in call.program.text for call in behind(script, last))


def behind(script: RunScript, last: ShellCall) -> tuple[ShellCall, ...]:
    """The calls of a RUN behind one of them."""
    at = next((index for index, call in enumerate(script.calls) if call is last), -1)
    return script.calls[at + 1 :]


# --- edits


def put_behind(word: ShellWord, call: ShellCall, text: str, what: str, why: str) -> Fix | None:
    """An unsafe fix that puts an option behind a word."""
    edit = inserted(word, call, text)
    return Fix((edit,), what, False, why) if edit is not None else None


def inserted(word: ShellWord, call: ShellCall, text: str) -> Edit | None:
    """The edit that puts one word behind another; None in the JSON form, where words are strings of their own."""
    if call.tree is None:
        return None
    return Edit(Span(word.span.end, word.span.end), f" {text}")


def appended(subject: DockerfileSubject, script: RunScript, text: str, what: str, why: str) -> Fix | None:
    """An unsafe fix that puts ``&& text`` at the end of a RUN that is one list of commands; None for others."""
    tree = script.tree
    if tree is None or script.text is None or script.run.heredocs or not isinstance(tree, Sequence) or not tree.items:
        return None
    last = tree.items[-1]
    if len(tree.items) != 1 or not isinstance(last, AndOr | Simple):
        return None
    if isinstance(last, AndOr) and any(operator != "&&" for operator, _ in last.rest):
        return None
    end = script.text.place(last.start, last.end).end
    return Fix((Edit(Span(end, end), f" && {text}"),), what, False, why)


def named_in(subject: DockerfileSubject, *words: str) -> bool:
    """Whether one of some words stands anywhere in the file: a setting that a rule need not find the place of."""
    return any(word in subject.lower for word in words)


def listed(words: Collection[ShellWord]) -> str:
    """Words for a message, the first three of them."""
    texts = [word.text for word in words]
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return ", ".join(texts[:3]) + more


def masked(tree: Node, pipe: Pipeline) -> bool:
    """Whether nobody asks for the status of a pipe: ``|| …`` follows, ``!`` stands before it, or it is a condition."""
    if pipe.negated:
        return True
    if isinstance(tree, AndOr):
        nodes = [tree.first, *(node for _, node in tree.rest)]
        operators = [operator for operator, _ in tree.rest]
        for index, node in enumerate(nodes):
            if node.start <= pipe.start and pipe.end <= node.end:
                return "||" in operators[index:] or masked(node, pipe)
        return False
    if isinstance(tree, If):
        conditions = [condition for condition, _ in tree.branches]
    else:
        conditions = [tree.condition] if isinstance(tree, While) else []
    if any(one.start <= pipe.start and pipe.end <= one.end for one in conditions):
        return True
    inner = (
        node for node, _ in children(tree) if node.start <= pipe.start and pipe.end <= node.end and node is not pipe
    )
    return any(masked(node, pipe) for node in inner)
