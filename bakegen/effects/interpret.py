"""Carries a shell text out on paper: which commands it runs, where, with which words, and what they touch.

`run` gives it the text of a RUN; the models of `commands` say what each command does. Both ways are followed
wherever a command may succeed or fail; what is touched is the union over all ways.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bakegen.effects.execute import Executor
from bakegen.effects.model import CommandEffect
from bakegen.effects.state import Outcome
from bakegen.shell.expand import UNKNOWN, expand
from bakegen.shell.grammar import parse
from bakegen.shell.syntax import AndOr, Case, For, Group, If, Pipeline, Sequence, ShellError, Simple, Unsupported, While

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.effects.call import Call
    from bakegen.effects.state import State
    from bakegen.shell.expand import Field, Value
    from bakegen.shell.syntax import Node

_MAX_UNROLLED = 24


class Interpreter(Executor):
    """Walks the tree of one text, in one place."""

    def run(self, tree: Sequence, state: State) -> None:
        """Walks a whole text."""
        self.walk(tree, state, tested=False)

    def nested(self, text: str, call: Call, *, bash: bool, state: State) -> None:
        """Carries out a text that a command is given; all that it does stands where the command stands."""
        walker = Interpreter(call.around, lambda start, end: call.span, bash=bash)
        walker._linked, walker.maybe = self._linked, self.maybe
        try:
            walker.run(parse(text, bash=bash), state)
        except ShellError as problem:
            walker.refuse(problem.reason)
        for one in walker.found:
            self.note(_without_spans(one))
        if walker.reason:
            self.refuse(walker.reason)

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
        self.note(CommandEffect(links=(), span=self.place(node.start, node.end)))
        outcome = self._unless_redirected(self._compound(node, state, tested), node.redirects, state)
        return self._checked(outcome, tested) if node.redirects else outcome

    def _compound(self, node: Group | If | For | While | Case, state: State, tested: bool) -> Outcome:
        if isinstance(node, Group):
            outcome = self.walk(node.body, state, tested=tested)
            # Nothing that a subshell changed in itself stays; it may have ended early, either way.
            return self._checked(Outcome(state, state), tested) if node.subshell else outcome
        if isinstance(node, If):
            return self._perhaps(lambda: self._if(node, state, tested))
        if isinstance(node, For):
            return self._perhaps(lambda: self._for(node, state, tested))
        if isinstance(node, While):
            return self._perhaps(lambda: self._while(node, state, tested))
        return self._perhaps(lambda: self._case(node, state, tested))

    def _checked(self, outcome: Outcome, tested: bool) -> Outcome:
        """With ``set -e`` a failure that nobody looks at ends the text."""
        failure = outcome.failure
        return Outcome(outcome.success, None) if failure is not None and failure.errexit and not tested else outcome

    def _either(self, outcome: Outcome) -> State | None:
        return self.scene.merged(outcome.success, outcome.failure)

    def _sequence(self, node: Sequence, state: State, tested: bool) -> Outcome:
        current: State | None = state
        outcome = Outcome(state, None)
        for index, item in enumerate(node.items):
            if current is None:
                return Outcome(None, None)
            # What fails in the middle is overlooked: it may not have been done, nor the rest of its item.
            skipped = index < len(node.items) - 1 and (tested or not current.errexit)
            self.maybe += skipped
            outcome = self.walk(item, current, tested=tested)
            self.maybe -= skipped
            current = self._either(outcome)
        return outcome

    def _and_or(self, node: AndOr, state: State, tested: bool) -> Outcome:
        # With a || the RUN goes on where the first one failed: it may not have been done either.
        skipped = any(one == "||" for one, _ in node.rest)
        self.maybe += skipped
        outcome = self.walk(node.first, state, tested=True)
        self.maybe -= skipped
        for index, (operator, item) in enumerate(node.rest):
            last = index == len(node.rest) - 1
            start = outcome.success if operator == "&&" else outcome.failure
            if start is None:
                continue
            self.maybe += skipped
            following = self.walk(item, start, tested=tested or not last)
            self.maybe -= skipped
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

    def _perhaps(self, walk: Callable[[], Outcome]) -> Outcome:
        """Walks what may be left out."""
        self.maybe += 1
        outcome = walk()
        self.maybe -= 1
        return outcome

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
                fields.extend(expand(word, partial(self.scene.look, state), bash=self.bash))
            except ShellError as problem:
                self.refuse(problem.reason)
                return Outcome(state, state)
        outer, self.left = self.left, []
        ended: list[State] = []

        def once(current: State, text: Value) -> State | None:
            start = current.having(node.name, text, exported=None)
            return self._round(self.walk(node.body, start, tested=tested), ended)

        current: State | None = state
        if len(fields) <= _MAX_UNROLLED and all(field.single for field in fields):
            for field in fields:
                if current is not None:
                    current = once(current, UNKNOWN if field.text is None else field.text)
        else:
            current = self._loop(lambda at: once(at, UNKNOWN), state)
        self.left = outer
        for one in ended:
            current = self.scene.merged(current, one)
        return Outcome(current, current)

    def _round(self, outcome: Outcome, ended: list[State]) -> State | None:
        """The state behind one round of a loop; `ended` gets those in which a ``break`` leaves it."""
        after = self._either(outcome)
        for name, state in self.left:
            if name == "break":
                ended.append(state)
            else:
                after = self.scene.merged(after, state)
        self.left.clear()
        return after

    def _while(self, node: While, state: State, tested: bool) -> Outcome:
        outer, self.left = self.left, []
        ended: list[State] = []

        def once(current: State) -> State | None:
            asked = self.walk(node.condition, current, tested=True)
            start = asked.failure if node.until else asked.success
            if start is None:
                return self._either(asked)
            after = self._round(self.walk(node.body, start, tested=tested), ended)
            return self.scene.merged(after, self._either(asked))

        after: State | None = self._loop(once, state)
        self.left = outer
        for one in ended:
            after = self.scene.merged(after, one)
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


def _without_spans(effect: CommandEffect) -> CommandEffect:
    """The effect of a command whose words do not stand in the source one by one: nobody may edit them there."""
    if effect.install is None:
        return effect
    return replace(effect, install=replace(effect.install, caches=(), stores=(), defeats=()))
