"""Carries a shell text out on paper: which commands it runs, where, with which words, and what they touch.

`run` gives it the text of a RUN; the models of `commands` say what each command does. Both ways are followed
wherever a command may succeed or fail; what is touched is the union over all ways.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bakegen.effects import commands, programs
from bakegen.effects.access import Access, Opaque
from bakegen.effects.builtins import BUILTINS
from bakegen.effects.call import Argument, Call
from bakegen.effects.model import CommandEffect, Names, Tier
from bakegen.effects.places import ANYWHERE, ancestors, disturbed, entry
from bakegen.effects.state import Outcome, Scene, State
from bakegen.effects.surroundings import with_writes
from bakegen.shell.expand import UNKNOWN, expand, names, substitutions, value
from bakegen.shell.syntax import (
    AndOr,
    Case,
    For,
    Group,
    If,
    Literal,
    Pipeline,
    Sequence,
    ShellError,
    Simple,
    Unsupported,
    While,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.effects.places import Place
    from bakegen.effects.surroundings import Surroundings
    from bakegen.shell.expand import Field, Value
    from bakegen.shell.syntax import Node, Redirect, Word
    from bakegen.text import Span

_LINKLESS = "mkdir rmdir touch chmod chown chgrp rm sed tee cat curl wget install useradd groupadd adduser addgroup"
_MAKES_NO_LINKS = frozenset(_LINKLESS.split())
_MAX_UNROLLED = 24


class Interpreter:
    """One text in one place.

    Attributes:
        found: the commands that are understood, in order.
        reason: why the first other one is not; "" where all are.
    """

    def __init__(self, around: Surroundings, place: Callable[[int, int], Span], *, bash: bool = False) -> None:
        self.around = around
        self.place = place
        self.bash = bash
        self.scene = Scene(around)
        self.found: list[CommandEffect] = []
        self.reason = ""
        self.lost = False
        self._loops: list[State] = []
        self._waiting: list[CommandEffect] = []
        self._linked: set[Place] = set()
        self._perhaps_linked: set[Place] = set()

    def run(self, tree: Sequence, state: State) -> None:
        """Walks a whole text."""
        self.walk(tree, state, tested=False)

    def refuse(self, reason: str, *, lost: bool = False) -> None:
        """Notes that something is not understood; `lost`: nothing behind it is known either."""
        self.reason = self.reason or reason
        self._waiting.clear()
        self.lost = self.lost or lost
        self.around = replace(self.around, dirty=with_writes(self.around, (ANYWHERE,)))

    # --- the tree

    def walk(self, node: Node, state: State | None, *, tested: bool) -> Outcome:
        """What is known after a node; `tested`: whether ``set -e`` overlooks its failure."""
        if state is None or self.lost:
            return Outcome(state, state)
        if isinstance(node, Simple):
            return self._checked(self._simple(node, state), tested)
        if isinstance(node, Sequence):
            return self._sequence(node, state, tested)
        if isinstance(node, AndOr):
            return self._and_or(node, state, tested)
        if isinstance(node, Pipeline):
            return self._pipeline(node, state, tested)
        if isinstance(node, Unsupported):
            self.refuse(node.reason, lost=True)
            return Outcome(state, state)
        self._redirects(node.redirects, state, node)
        self.note(CommandEffect(span=self.place(node.start, node.end)))
        if isinstance(node, Group):
            outcome = self.walk(node.body, state, tested=tested)
            return self._checked(self._apart(outcome, state), tested) if node.subshell else outcome
        if isinstance(node, If):
            return self._if(node, state, tested)
        if isinstance(node, For):
            return self._for(node, state, tested)
        if isinstance(node, While):
            return self._while(node, state, tested)
        return self._case(node, state, tested)

    def _checked(self, outcome: Outcome, tested: bool) -> Outcome:
        """With ``set -e`` a failure that nobody looks at ends the text."""
        failure = outcome.failure
        return Outcome(outcome.success, None) if failure is not None and failure.errexit and not tested else outcome

    def _either(self, outcome: Outcome) -> State | None:
        return self.scene.merged(outcome.success, outcome.failure)

    def _apart(self, outcome: Outcome, state: State) -> Outcome:
        """The outcome of a subshell: nothing that it changed in itself stays. It may have left early either way."""
        ended = outcome.success is None and outcome.failure is None
        return Outcome(
            state if outcome.success is not None or ended else None,
            state if outcome.failure is not None or ended or self._leaves else None,
        )

    _leaves = True

    def _sequence(self, node: Sequence, state: State, tested: bool) -> Outcome:
        current: State | None = state
        outcome = Outcome(state, None)
        for item in node.items:
            if current is None:
                return Outcome(None, None)
            outcome = self.walk(item, current, tested=tested)
            current = self._either(outcome)
        return outcome

    def _and_or(self, node: AndOr, state: State, tested: bool) -> Outcome:
        outcome = self.walk(node.first, state, tested=True)
        for index, (operator, item) in enumerate(node.rest):
            last = index == len(node.rest) - 1
            start = outcome.success if operator == "&&" else outcome.failure
            if start is None:
                continue
            following = self.walk(item, start, tested=tested or not last)
            merged = self.scene.merged
            if operator == "&&":
                outcome = Outcome(following.success, merged(outcome.failure, following.failure))
            else:
                outcome = Outcome(merged(outcome.success, following.success), following.failure)
        return outcome

    def _pipeline(self, node: Pipeline, state: State, tested: bool) -> Outcome:
        if len(node.items) == 1:
            outcome = self.walk(node.items[0], state, tested=True)
            return Outcome(outcome.failure, outcome.success)
        ends = [self.walk(item, state, tested=tested) for item in node.items]
        fails = state.pipefail or ends[-1].failure is not None or ends[-1].success is None
        outcome = Outcome(state, state if fails else None)
        return Outcome(state, state) if node.negated else self._checked(outcome, tested)

    def _if(self, node: If, state: State, tested: bool) -> Outcome:
        success: State | None = None
        failure: State | None = None
        current: State | None = state
        merged = self.scene.merged
        for condition, body in node.branches:
            if current is None:
                break
            asked = self.walk(condition, current, tested=True)
            if asked.success is not None:
                done = self.walk(body, asked.success, tested=tested)
                success, failure = merged(success, done.success), merged(failure, done.failure)
            current = asked.failure
        if current is not None and node.otherwise is not None:
            done = self.walk(node.otherwise, current, tested=tested)
            return Outcome(merged(success, done.success), merged(failure, done.failure))
        return Outcome(merged(success, current), failure)

    def _loop(self, once: Callable[[State], State | None], state: State) -> State:
        """Any number of rounds: what is known is narrowed until another round changes nothing."""
        for _ in range(8):
            after = self.scene.merged(state, once(state))
            assert after is not None
            if after == state:
                return state
            state = after
        self.refuse("a loop that is not looked into", lost=True)
        return state

    def _for(self, node: For, state: State, tested: bool) -> Outcome:
        if node.words is None:
            self.refuse("a for over positional parameters", lost=True)
            return Outcome(state, state)
        fields: list[Field] = []
        for word in node.words:
            self._inside(word, state)
            try:
                fields.extend(expand(word, lambda name: self.scene.look(state, name), bash=self.bash))
            except ShellError as problem:
                self.refuse(problem.reason)
                return Outcome(state, state)
        left: list[State] = []
        outer, self._loops = self._loops, left

        def once(current: State, text: Value) -> State | None:
            return self._either(self.walk(node.body, current.having(node.name, text, exported=None), tested=tested))

        current: State | None = state
        if len(fields) <= _MAX_UNROLLED and all(field.single for field in fields):
            for field in fields:
                if current is not None:
                    current = once(current, UNKNOWN if field.text is None else field.text)
        else:
            current = self._loop(lambda at: once(at, UNKNOWN), state)
        self._loops = outer
        for one in left:
            # A break, or a continue in the last round: as if the loop were over.
            current = self.scene.merged(current, one)
        if left and current is not None:
            current = self._loop(lambda at: once(at, UNKNOWN), current)
        return Outcome(current, current)

    def _while(self, node: While, state: State, tested: bool) -> Outcome:
        left: list[State] = []
        outer, self._loops = self._loops, left

        def once(current: State) -> State | None:
            asked = self.walk(node.condition, current, tested=True)
            start = asked.failure if node.until else asked.success
            if start is None:
                return self._either(asked)
            after = self._either(self.walk(node.body, start, tested=tested))
            for one in left:
                after = self.scene.merged(after, one)
            return self.scene.merged(after, self._either(asked))

        after = self._loop(once, state)
        self._loops = outer
        return Outcome(after, after)

    def _case(self, node: Case, state: State, tested: bool) -> Outcome:
        for word in (node.word, *(word for patterns, _ in node.branches for word in patterns)):
            self._inside(word, state)
        success: State | None = state
        failure: State | None = None
        for _, body in node.branches:
            done = self.walk(body, state, tested=tested)
            success = self.scene.merged(success, done.success)
            failure = self.scene.merged(failure, done.failure)
        return Outcome(success, failure)

    # --- simple commands

    def _inside(self, word: Word, state: State) -> bool:
        """Notes the variables that a word looks at and walks the substitutions in it; whether there are any."""
        waiting, self._waiting = self._waiting, []
        bodies = list(substitutions(word))
        for body in bodies:
            self.walk(body, state, tested=True)
        self._waiting = [*waiting, CommandEffect(variables=Names(names(word)))]
        return bool(bodies)

    def _simple(self, node: Simple, state: State) -> Outcome:
        words = (*node.words, *(one.value for one in node.assignments))
        inner = [self._inside(word, state) for word in words]

        def look(name: str) -> Value:
            return self.scene.look(state, name)

        try:
            arguments = [
                Argument(field.text, self.place(word.start, word.end), field.prefix, field.single, field.pattern)
                for word in node.words
                for field in expand(word, look, bash=self.bash)
            ]
            assigned = self._assigned(node, state, alone=not arguments)
        except ShellError as problem:
            self.refuse(problem.reason)
            return Outcome(state, state)
        if not arguments:
            self._redirects(node.redirects, state, node)
            self.note(CommandEffect(span=self.place(node.start, node.end)))
            return Outcome(assigned, assigned if any(inner) else None)
        return self._command(node, arguments, state, assigned)

    def _assigned(self, node: Simple, state: State, *, alone: bool) -> State:
        """The state with the assignments of a command; `alone`: they stay, else the command alone sees them."""
        after = state
        for one in node.assignments:
            if alone and one.name == "IFS":
                raise ShellError("IFS is changed", one.start)
            current = after if alone else state
            text = value(one.value, partial(self.scene.look, current)).text
            exported = self.scene.variable(current, one.name).exported if alone else True
            after = after.having(one.name, UNKNOWN if text is None else text, exported=exported)
        return after

    def _command(self, node: Simple, arguments: list[Argument], state: State, assigned: State) -> Outcome:
        first = arguments[0]
        if first.text is None:
            self.refuse("the name of a command is not known")
            return Outcome(state, state)
        span = self.place(node.start, node.end)
        builtin = BUILTINS.get(first.text)
        stdin = self._redirects(node.redirects, state, node)
        if builtin is not None:
            if node.assignments and first.text in ("export", "cd", "set", "eval", "readonly", "exec", ":", "."):
                self.refuse(f"an assignment before {first.text}", lost=True)
            noted = len(self.found)
            outcome = builtin(self, state, Call(first.text, tuple(arguments[1:]), self.surroundings(assigned), span))
            if noted == len(self.found):
                self.note(CommandEffect(span=span))
            return outcome
        name, rest = commands.named(first.text, tuple(arguments[1:]))
        call = Call(name, rest, self.surroundings(assigned), span, stdin)
        self.take(call, first.text, state)
        return Outcome(state, state)

    def surroundings(self, state: State) -> Surroundings:
        """What a program started now sees."""
        environment, unsure = self.scene.seen(state)
        return replace(
            self.around, environment=environment, unsure=unsure, directory=state.directory or self.around.directory
        )

    def take(self, call: Call, program: str, state: State) -> None:
        """Asks the model of a program for its effect and notes it."""
        effect = self._asked(call, state)
        if isinstance(effect, str):
            self.refuse(f"{call.name}: {effect}")
            return
        if call.around.environment.get("PATH") is None and "/" not in program:
            self.refuse(f"{call.name}: PATH is not known")
            return
        self.note(replace(effect, reads=effect.reads | programs.program(program, call.around), span=call.span))
        if call.name == "ln":
            self._linked |= effect.writes
        elif call.name not in _MAKES_NO_LINKS:
            self._perhaps_linked |= effect.writes

    def _asked(self, call: Call, state: State) -> CommandEffect | str:
        effect = commands.effect(call)
        if state.directory is None and not isinstance(effect, str):
            # A command that does not care about the directory says the same wherever it runs.
            elsewhere = replace(call, around=replace(call.around, directory="/directory-that-is-not-known"))
            if commands.effect(elsewhere) != effect:
                return "the directory that it runs in is not known"
        if isinstance(effect, str):
            return effect
        if not state.plain_umask and effect.ensures:
            made = frozenset(entry(path) for path in effect.ensures)
            effect = replace(effect, ensures=frozenset(), reads=effect.reads | made, writes=effect.writes | made)
        return self._through_links(effect)

    def _through_links(self, effect: CommandEffect) -> CommandEffect | str:
        touched = effect.reads | effect.writes
        ways = frozenset(entry(one) for place in touched for one in ancestors(place.path))
        if any(disturbed(link, way) for link in self._linked for way in ways):
            return "it goes through what ln has linked before"
        if any(disturbed(link, way) for link in self._perhaps_linked for way in ways):
            what = "no symbolic link that an earlier command of the same RUN unpacked leads elsewhere"
            if what not in effect.assumes:
                effect = replace(effect, assumes=(*effect.assumes, what))
            return replace(effect, tier=max(effect.tier, Tier.KNOWLEDGE))
        return effect

    def note(self, effect: CommandEffect) -> None:
        """Adds the effect of a command, with what waits for it: its redirections, and variables in its words."""
        for one in self._waiting:
            effect = replace(
                effect,
                reads=effect.reads | one.reads,
                writes=effect.writes | one.writes,
                variables=effect.variables | one.variables,
                tier=max(effect.tier, one.tier),
                assumes=tuple(dict.fromkeys((*effect.assumes, *one.assumes))),
            )
        self._waiting.clear()
        self.found.append(effect)
        made = frozenset(entry(path) for path in effect.ensures)
        self.around = replace(self.around, dirty=with_writes(self.around, effect.writes | made))

    # --- redirections

    def _redirects(self, redirects: tuple[Redirect, ...], state: State, node: Node) -> str | None:
        """Notes what redirections touch; gives the text that is fed to the command, where it is known."""
        stdin: str | None = None
        span = self.place(node.start, node.end)
        access = Access(Call("", (), self.surroundings(state), span))
        try:
            for one in redirects:
                if one.body is not None:
                    self._inside(one.body, state)
                    stdin = value(one.body, lambda name: self.scene.look(state, name)).text
                    continue
                self._inside(one.target, state)
                stdin = self._redirect(one, state, access)
        except (ShellError, Opaque) as problem:
            self.refuse(f"a redirection: {problem.reason}")
            return None
        effect = access.effect()
        if effect.reads or effect.writes:
            through = self._through_links(effect)
            if isinstance(through, str):
                self.refuse(f"a redirection: {through}")
            else:
                self._waiting.append(through)
        return stdin

    def _redirect(self, one: Redirect, state: State, access: Access) -> str | None:
        plain = (piece.text for piece in one.target.pieces if isinstance(piece, Literal) and not piece.quoted)
        if set("*?[{") & set("".join(plain)):
            raise Opaque("shells differ in whether its target is a glob")
        target = value(one.target, lambda name: self.scene.look(state, name))
        if one.operator in (">&", "<&"):
            if target.text is None or not (target.text.isdigit() or target.text == "-"):
                raise Opaque(f"{one.operator} with something else than a number")
            return None
        if one.operator == "<<<":
            return None if target.text is None else target.text + "\n"
        argument = Argument(target.text, access.call.span, target.prefix)
        absolute = (target.text or target.prefix).startswith("/")
        if state.directory is None and not absolute:
            raise Opaque("the directory is not known")
        if one.operator == "<":
            access.read(argument)
        else:
            access.change(argument)
        return None
