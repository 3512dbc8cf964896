"""From a node of the tree to a typed instruction, with a diagnostic for whatever BuildKit refuses; used by `model`.

Source: BuildKit's frontend/dockerfile/instructions/parse.go and, for words and pairs,
frontend/dockerfile/parser/line_parsers.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.chars import BLANK, SPACE, WORD
from bakegen.dockerfile.expand import ExpandError
from bakegen.dockerfile.flags import read_flags
from bakegen.dockerfile.healthcheck import read_healthcheck
from bakegen.dockerfile.heredoc import chomped, read_marker
from bakegen.dockerfile.instructions import (
    Add,
    Arg,
    ArgItem,
    Cmd,
    Command,
    CommandLine,
    Copy,
    Device,
    Entrypoint,
    Env,
    Expose,
    From,
    InlineFile,
    Label,
    Maintainer,
    Onbuild,
    Pair,
    Run,
    Shell,
    Stopsignal,
    Text,
    User,
    Volume,
    Workdir,
)
from bakegen.dockerfile.lexer import split_words
from bakegen.dockerfile.mounts import MountError, read_device, read_mount
from bakegen.dockerfile.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.dockerfile.flags import FlagValues
    from bakegen.dockerfile.syntax import Instruction

_STAGE_NAME = re.compile(r"[a-z][a-z0-9_.-]*")
_ONBUILD = rf"(?i:[{SPACE}]*ONBUILD[\t\n\f\r ]*)"  # compiled when a file has one
# What BuildKit's parser itself refuses, and so inside ONBUILD too.
_PARSERS_OWN = ("missing-equals", "missing-value")
_NETWORKS = ("default", "none", "host")
_SECURITY = ("sandbox", "insecure")


class Reader:
    """Reads instructions of one file; `escape` is the escape character in force."""

    __slots__ = ("_escape", "_problems", "_text")

    def __init__(self, text: str, escape: str, problems: Problems) -> None:
        self._text = text
        self._escape = escape
        self._problems = problems

    def read(self, node: Instruction, problems: Problems | None = None) -> Command | None:
        """The typed instruction, or None where BuildKit refuses it; then a diagnostic says why."""
        outer = self._problems
        if problems is not None:
            self._problems = problems
        try:
            count = len(self._problems.found)
            command = _READERS[node.name](self, node)
            refused = any(found.severity == "error" for found in self._problems.found[count:])
            soft = problems is not None and len(self._problems.found) > count
            return None if refused or soft else command
        finally:
            self._problems = outer

    def _fault(self, node: Instruction, code: str, message: str, help: str | None = None) -> None:
        self._problems.error(code, message, node.line_span, help)

    def _words(self, node: Instruction) -> list[Text]:
        # Source: parseMaybeJSONToList and parseStringsWhitespaceDelimited.
        if node.json is not None:
            return [Text(word.text, node.place(word.start, word.end)) for word in node.json]
        start, end = node.arguments_start, node.arguments_end
        return [
            Text(match[0], node.place(match.start(), match.end())) for match in WORD.finditer(node.logical, start, end)
        ]

    def _single(self, node: Instruction) -> Text | None:
        if node.arguments_start >= node.arguments_end:
            self._fault(node, "missing-argument", f"{node.name} needs exactly one argument")
            return None
        return Text(node.arguments, node.arguments_span)

    def _flags(self, node: Instruction) -> FlagValues:
        return read_flags(node, self._problems)

    def _from(self, node: Instruction) -> Command | None:
        words = self._words(node)
        alias = None
        stage_name = ""
        if len(words) == 3 and words[1].text.lower() == "as":
            alias = words[2]
            stage_name = alias.text.lower()
            if not _STAGE_NAME.fullmatch(stage_name):
                self._problems.error(
                    "bad-stage-name",
                    f"{alias.text!r} cannot name a stage",
                    alias.span,
                    "a name begins with a letter and goes on with letters, digits, '-', '_' and '.'",
                )
        elif len(words) != 1:
            self._fault(
                node, "bad-from", "FROM takes one image, or an image, AS and a name", "write FROM IMAGE AS NAME"
            )
            return None
        flags = self._flags(node)
        description = self._description(node, stage_name)
        return From(node, words[0], alias, stage_name, flags.one("platform"), description)

    def _description(self, node: Instruction, name: str) -> str:
        if name:
            for comment in node.comments:
                line = comment.content(self._text)
                if line.startswith(name + " "):
                    return line[len(name) + 1 :]
        return ""

    def _arg(self, node: Instruction) -> Command:
        words = split_words(node.logical, node.arguments_start, node.arguments_end, self._escape)
        if not words:
            self._fault(node, "missing-argument", "ARG needs at least one name")
        items: list[ArgItem] = []
        for word in words:
            key, equals, value = word.text.partition("=")
            span = node.place(word.start, word.end)
            if equals and not key:
                self._problems.error("blank-name", "the name of an ARG cannot be blank", span)
            items.append(ArgItem(key, value if equals else None, span, self._description(node, key)))
        return Arg(node, tuple(items))

    def _pairs(self, node: Instruction) -> tuple[Pair, ...]:
        # Source: parseNameVal.
        self._flags(node)
        start, end = node.arguments_start, node.arguments_end
        logical = node.logical
        words = split_words(logical, start, end, self._escape)
        if not words:
            self._fault(node, "missing-argument", f"{node.name} needs at least one key=value")
            return ()
        if "=" not in words[0].text:
            blank = BLANK.search(logical, start, end)
            if blank is None:
                self._fault(node, "missing-value", f"{node.name} needs a key and a value", "write key=value")
                return ()
            key, value = logical[start : blank.start()], logical[blank.end() : end]
            if not key:
                self._fault(node, "blank-name", f"a name in {node.name} cannot be blank")
            return (Pair(key, value, node.place(start, end), True),)
        pairs: list[Pair] = []
        for word in words:
            key, equals, value = word.text.partition("=")
            span = node.place(word.start, word.end)
            if not equals:
                comment = word.text.startswith("#")
                self._problems.error(
                    "missing-equals",
                    f"{word.text!r} is no key=value",
                    span,
                    "a comment needs a line of its own" if comment else "quote values that hold spaces",
                )
                break
            if not key:
                self._problems.error("blank-name", f"a name in {node.name} cannot be blank", span)
            pairs.append(Pair(key, value, span, False))
        return tuple(pairs)

    def _env(self, node: Instruction) -> Command:
        return Env(node, self._pairs(node))

    def _label(self, node: Instruction) -> Command:
        return Label(node, self._pairs(node))

    def _line(self, node: Instruction, start: int | None = None) -> CommandLine:
        if node.json is not None:
            return CommandLine(tuple(word.text for word in node.json), True)
        text = node.arguments if start is None else node.logical[start : node.arguments_end]
        return CommandLine((text,) if text else (), False)

    def _run(self, node: Instruction) -> Command:
        flags = self._flags(node)
        mounts = []
        for value in flags.every("mount"):
            try:
                mounts.append(read_mount(value.text, value.span))
            except MountError as problem:
                self._problems.error("bad-mount", f"--mount: {problem}", value.span, problem.help)
        devices = []
        for value in flags.every("device"):
            try:
                name, required = read_device(value.text)
                devices.append(Device(name, required, value.span))
            except MountError as problem:
                self._problems.error("bad-device", f"--device: {problem}", value.span, problem.help)
        network = self._one_of(flags, "network", _NETWORKS)
        security = self._one_of(flags, "security", _SECURITY)
        return Run(node, self._line(node), tuple(mounts), network, security, tuple(devices))

    def _one_of(self, flags: FlagValues, name: str, known: tuple[str, ...]) -> str:
        if name not in flags:
            return known[0]
        value = flags.every(name)[0]
        if value.text not in known:
            self._problems.error(
                "bad-flag-value",
                f"--{name} cannot be {value.text!r}",
                value.span,
                f"it is one of {', '.join(known)}",
            )
        return value.text

    def _transfer(self, node: Instruction) -> tuple[FlagValues, tuple[Text, ...], tuple[InlineFile, ...], Text] | None:
        # Source: parseSourcesAndDest.
        words = self._words(node)
        if len(words) < 2:
            self._fault(node, "missing-argument", f"{node.name} needs a source and a destination")
            return None
        flags = self._flags(node)
        destination = words[-1]
        bodies = {heredoc.name: heredoc for heredoc in node.heredocs}
        sources: list[Text] = []
        files: list[InlineFile] = []
        for word in words:
            try:
                marker = read_marker(word.text)
            except ExpandError:
                marker = None
            if word is destination:
                if marker is not None:
                    self._problems.error(
                        "bad-heredoc", f"the destination of {node.name} cannot be a heredoc", word.span
                    )
            elif marker is None:
                sources.append(word)
            else:
                heredoc = bodies.get(marker.name)
                content = heredoc.body if heredoc is not None else ""
                if marker.chomp:
                    content = chomped(content)
                files.append(InlineFile(marker.name, content, marker.expand, word.span))
        return flags, tuple(sources), tuple(files), destination

    def _copy(self, node: Instruction) -> Command | None:
        found = self._transfer(node)
        if found is None:
            return None
        flags, sources, files, destination = found
        return Copy(
            node,
            sources,
            files,
            destination,
            flags.one("chown"),
            flags.one("chmod"),
            flags.yes("link"),
            flags.every("exclude"),
            flags.one("from"),
            flags.yes("parents"),
        )

    def _add(self, node: Instruction) -> Command | None:
        found = self._transfer(node)
        if found is None:
            return None
        flags, sources, files, destination = found
        return Add(
            node,
            sources,
            files,
            destination,
            flags.one("chown"),
            flags.one("chmod"),
            flags.yes("link"),
            flags.every("exclude"),
            flags.one("checksum"),
            flags.maybe("keep-git-dir"),
            flags.maybe("unpack"),
        )

    def _expose(self, node: Instruction) -> Command:
        self._flags(node)
        words = self._words(node)
        if not words:
            self._fault(node, "missing-argument", "EXPOSE needs at least one port")
        return Expose(node, tuple(words))

    def _user(self, node: Instruction) -> Command | None:
        self._flags(node)
        word = self._single(node)
        return None if word is None else User(node, word)

    def _workdir(self, node: Instruction) -> Command | None:
        self._flags(node)
        word = self._single(node)
        return None if word is None else Workdir(node, word)

    def _maintainer(self, node: Instruction) -> Command | None:
        self._flags(node)
        word = self._single(node)
        return None if word is None else Maintainer(node, word)

    def _stopsignal(self, node: Instruction) -> Command | None:
        word = self._single(node)
        return None if word is None else Stopsignal(node, word)

    def _cmd(self, node: Instruction) -> Command:
        self._flags(node)
        return Cmd(node, self._line(node))

    def _entrypoint(self, node: Instruction) -> Command:
        self._flags(node)
        return Entrypoint(node, self._line(node))

    def _shell(self, node: Instruction) -> Command:
        self._flags(node)
        line = self._line(node)
        if not line.words:
            self._fault(node, "missing-argument", "SHELL needs at least one argument")
        elif not line.json:
            self._problems.error(
                "shell-not-json",
                "SHELL takes the JSON form only",
                node.arguments_span,
                'write SHELL ["/bin/sh", "-c"], in double quotes',
            )
        return Shell(node, line.words)

    def _volume(self, node: Instruction) -> Command:
        self._flags(node)
        words = self._words(node)
        if not words:
            self._fault(node, "missing-argument", "VOLUME needs at least one path")
        paths = [Text(word.text.strip(SPACE), word.span) for word in words]
        for path in paths:
            if not path.text:
                self._problems.error("blank-name", "the path of a VOLUME cannot be empty", path.span)
        return Volume(node, tuple(paths))

    def _healthcheck(self, node: Instruction) -> Command | None:
        return read_healthcheck(node, self._line, self._flags, self._problems)

    def _onbuild(self, node: Instruction) -> Command | None:
        trigger = node.trigger
        if trigger is None:
            self._fault(node, "missing-argument", "ONBUILD needs an instruction")
            return None
        self._flags(node)
        keyword = trigger.keyword.upper()
        if keyword in ("ONBUILD", "MAINTAINER", "FROM"):
            self._problems.error("bad-onbuild", f"{keyword} cannot be triggered by ONBUILD", trigger.keyword_span)
            return None
        expression = re.sub(_ONBUILD, "", node.logical, count=1)
        for heredoc in node.heredocs:
            expression += f"\n{heredoc.body}{heredoc.name}"
        if not trigger.name:
            self._problems.warning(
                "unknown-instruction",
                f"when triggered, this fails: unknown instruction: {trigger.keyword}",
                trigger.keyword_span,
            )
            return Onbuild(node, expression, None)
        soft = Problems(self._problems.source, soft=True)
        command = self.read(trigger, soft)
        if any(found.code in _PARSERS_OWN for found in soft.found):
            self.read(trigger)
            return None
        self._problems.found += soft.found
        return Onbuild(node, expression, command)


_READERS: dict[str, Callable[[Reader, Instruction], Command | None]] = {
    "ADD": Reader._add,
    "ARG": Reader._arg,
    "CMD": Reader._cmd,
    "COPY": Reader._copy,
    "ENTRYPOINT": Reader._entrypoint,
    "ENV": Reader._env,
    "EXPOSE": Reader._expose,
    "FROM": Reader._from,
    "HEALTHCHECK": Reader._healthcheck,
    "LABEL": Reader._label,
    "MAINTAINER": Reader._maintainer,
    "ONBUILD": Reader._onbuild,
    "RUN": Reader._run,
    "SHELL": Reader._shell,
    "STOPSIGNAL": Reader._stopsignal,
    "USER": Reader._user,
    "VOLUME": Reader._volume,
    "WORKDIR": Reader._workdir,
}
