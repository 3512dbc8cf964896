"""Simple commands, carried out on paper: words expanded, redirections noted, models asked; the base of `interpret`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bakegen.effects import commands, programs
from bakegen.effects.access import Access, Opaque
from bakegen.effects.builtins import BUILTINS
from bakegen.effects.call import Argument, Call
from bakegen.effects.model import CommandEffect, Names, Tier
from bakegen.effects.places import ANYWHERE, Extent, Place, above, disturbed, entry, inside, tree
from bakegen.effects.state import Outcome, Scene, State
from bakegen.effects.surroundings import with_writes
from bakegen.effects.wrappers import unwrapped
from bakegen.shell.dialect import dialect
from bakegen.shell.expand import UNKNOWN, expand, names, substitutions, value
from bakegen.shell.syntax import Literal, ShellError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bakegen.effects.surroundings import Surroundings
    from bakegen.shell.expand import Value
    from bakegen.shell.syntax import Node, Redirect, Simple, Word
    from bakegen.text import Span

_ASSIGNS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
SHELLS = ("sh", "ash", "dash", "bash")


class Executor(ABC):
    """Carries out simple commands.

    Attributes:
        around: the surroundings, with what the text has written so far.
        found: the commands that are understood, in order.
        reason: why the first other one is not; "" where all are.
        lost: whether nothing is known any more.
    """

    def __init__(self, around: Surroundings, place: Callable[[int, int], Span], *, bash: bool = False) -> None:
        self.around = around
        self.place = place
        self.bash = bash
        self.scene = Scene(around)
        self.found: list[CommandEffect] = []
        self.reason = ""
        self.lost = False
        self.left: list[tuple[str, State]] = []
        self._waiting: list[CommandEffect] = []
        self._linked: set[Place] = set()
        self._plain: set[Span] = set()
        self.maybe = 0

    @abstractmethod
    def walk(self, node: Node, state: State | None, *, tested: bool) -> Outcome:
        """What is known after a node."""

    @abstractmethod
    def nested(self, text: str, call: Call, *, bash: bool, state: State) -> None:
        """Carries out a text that a command is given."""

    def refuse(self, reason: str, *, lost: bool = False) -> None:
        """Notes that something is not understood; `lost`: nothing behind it is known either."""
        self.reason = self.reason or reason
        self._waiting.clear()
        self.lost = self.lost or lost
        self.around = self.around.altered(dirty=with_writes(self.around, (ANYWHERE,)))

    def _inside(self, word: Word, state: State) -> bool:
        """Notes the variables that a word looks at and walks the substitutions in it; whether there are any."""
        waiting, self._waiting = self._waiting, []
        bodies = list(substitutions(word))
        for body in bodies:
            self.walk(body, state, tested=True)
        self._waiting = [*waiting, CommandEffect(variables=Names(names(word)), links=())]
        return bool(bodies)

    def _simple(self, node: Simple, state: State) -> Outcome:
        words = (*node.words, *(one.value for one in node.assignments))
        inner = [self._inside(word, state) for word in words]

        look = partial(self.scene.look, state)
        try:
            arguments = [one for word in node.words for one in self._expanded(node, word, look)]
            assigned = self._assigned(node, state, alone=not arguments)
        except ShellError as problem:
            self.refuse(problem.reason)
            return Outcome(state, state)
        if not arguments:
            self._redirects(node.redirects, state, node)
            self.note(CommandEffect(links=(), span=self.place(node.start, node.end)))
            return self._unless_redirected(Outcome(assigned, assigned if any(inner) else None), node.redirects, state)
        return self._command(node, arguments, state, assigned)

    def _unless_redirected(self, outcome: Outcome, redirects: tuple[Redirect, ...], state: State) -> Outcome:
        """The outcome where a redirection may fail: nothing is done then."""
        if all(one.operator.startswith("<<") or one.operator in (">&", "<&") for one in redirects):
            return outcome
        return Outcome(outcome.success, self.scene.merged(outcome.failure, state))

    def _expanded(self, node: Simple, word: Word, look: Callable[[str], Value]) -> list[Argument]:
        """What a word of a command becomes."""
        place = self.place(word.start, word.end)
        if all(isinstance(piece, Literal) for piece in word.pieces):
            self._plain.add(place)
        fields = expand(word, look, bash=self.bash)
        name = _ASSIGNS.match("".join(one.text if isinstance(one, Literal) else "\0" for one in word.pieces))
        if node.words[0].literal in ("export", "readonly") and name is not None and word is not node.words[0]:
            # Some shells take it for an assignment, which is not split and knows tildes, others do not.
            known = [field.text for field in fields]
            if known != [value(word, look).text] or "~" in (known[0] or ""):
                return [Argument(None, place, name.group())]
        return [Argument(field.text, place, field.prefix, field.single, field.pattern) for field in fields]

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
                self.note(CommandEffect(links=(), span=span))
            return self._unless_redirected(outcome, node.redirects, state)
        self.take(first.text, Call("", tuple(arguments[1:]), self.surroundings(assigned), span, stdin), state)
        return Outcome(state, state)

    def surroundings(self, state: State) -> Surroundings:
        """What a program started now sees."""
        environment, unsure = self.scene.seen(state)
        directory = state.directory or self.around.directory
        return self.around.altered(environment=environment, unsure=unsure, directory=directory)

    def take(self, program: str, call: Call, state: State) -> None:
        """Notes what a program does: a wrapper, a shell with a text, or one that a model knows.

        Args:
            program: as it is written, with or without a directory.
            call: its arguments; the name is filled in here.
            state: of the shell that runs it.
        """
        name, rest = commands.named(program, call.arguments)
        call = replace(call, name=name, arguments=rest, program=program)
        if call.around.environment.get("PATH") is None and "/" not in program:
            self.refuse(f"{name}: PATH is not known")
            return
        try:
            inner = unwrapped(call)
            if inner is not None:
                self._waiting.append(CommandEffect(links=(), reads=programs.program(program, call.around)))
                self.take(*inner, state)
                return
            if name in SHELLS:
                self._shell(program, call, state)
                return
        except Opaque as problem:
            self.refuse(f"{name}: {problem.reason}")
            return
        effect = self.asked(call, state)
        if isinstance(effect, str):
            self.refuse(f"{name}: {effect}")
            return
        install = effect.install
        if install is not None and any(span not in self._plain for span in install.defeats):
            # The word is not there as such: it comes out of a variable, and cannot be taken away.
            effect = replace(effect, install=replace(install, caches=(), stores=(), defeats=()))
        looked = programs.program(program, call.around)
        own = [one for one in looked if one.path.endswith(f"/{name}")]
        if any(link.path == one.path for link in self._linked for one in own):
            self.refuse(f"{name}: it is what ln may have linked before")
            return
        if any(disturbed(link, one) for link in self._linked for one in own):
            effect = _taking(effect, f"no link that an earlier command of the same RUN made is called {name}")
        if name == "ln" and (effect.links is None or (effect.links and self.maybe)):
            self._linked |= effect.writes
        self.note(replace(effect, reads=effect.reads | looked, span=call.span))

    def _shell(self, program: str, call: Call, state: State) -> None:
        """``sh -c text``."""
        words = [one.text for one in call.arguments]
        if len(words) < 2 or words[-1] is None or None in words or words[-1].startswith(("-", "+")):
            raise Opaque("it runs a script, or a text that is not known")
        kind = dialect((call.name, *(word or "" for word in words[:-1])))
        if isinstance(kind, str):
            raise Opaque("it runs a script, or is given more than a text")
        self._waiting.append(CommandEffect(links=(), reads=programs.shell(program, call.around)))
        inner = State(state.directory, errexit=kind.errexit, pipefail=kind.pipefail, plain_umask=state.plain_umask)
        self.nested(words[-1], call, bash=kind.bash, state=inner)

    def asked(self, call: Call, state: State) -> CommandEffect | str:
        """What the model of a command says of it, or the reason why it is not understood."""
        effect = commands.effect(call)
        if state.directory is None and not isinstance(effect, str):
            # A command that does not care about the directory says the same wherever it runs.
            elsewhere = replace(call, around=call.around.altered(directory="/directory-that-is-not-known"))
            if commands.effect(elsewhere) != effect:
                return "the directory that it runs in is not known"
        if isinstance(effect, str):
            return effect
        if not state.plain_umask and effect.ensures:
            made = frozenset(entry(path) for path in effect.ensures)
            effect = replace(effect, ensures=frozenset(), reads=effect.reads | made, writes=effect.writes | made)
        if "PATH" in call.around.unsure and call.name not in BUILTINS:
            effect = _taking(effect, "the PATH of the base image is the usual one")
        return self._through_links(effect)

    def _through_links(self, effect: CommandEffect) -> CommandEffect | str:
        """The effect with what it takes for granted about links on its ways; a reason where ln has made one of them."""
        made = frozenset(entry(path) for path in effect.ensures)
        touched = effect.reads | effect.writes | made
        ways = frozenset[Place]().union(*(above(place.path) for place in touched))
        for link in sorted(self._linked):
            if link.extent is Extent.ENTRY and any(inside(way.path, link.path) for way in ways | touched):
                return "it goes through a link that an earlier command of the same RUN may have made or changed"
            below = [one for one in sorted(ways | touched) if inside(one.path, link.path) and one.path != link.path]
            if link.extent is Extent.TREE and below:
                what = f"no link that an earlier command of the same RUN made in {link.path} is on the way"
                effect = _taking(effect, f"{what} to {below[0].path}")
        if effect.install is not None:
            if all(self.around.straight(place.path) for place in effect.writes | made):
                return effect
            tool = effect.install.tool
            return _taking(effect, f"no symbolic link leads what {tool} writes to other places than it usually does")
        # What others are below of is on the way to them.
        ends = [place.path for place in sorted(touched) if entry(place.path) not in ways]
        unsure = [path for path in ends if not self.around.straight(path)]
        return _taking(effect, *(f"no symbolic link stands on the way to {path}" for path in unsure))

    def note(self, effect: CommandEffect) -> None:
        """Adds the effect of a command, with what waits for it: its redirections, and variables in its words."""
        if self._waiting:
            effect = _together(effect, self._waiting)
        self._waiting.clear()
        if self.maybe and effect.links:
            effect = replace(effect, links=None)
        self.found.append(effect)
        made = frozenset(entry(path) for path in effect.ensures)
        if not (effect.writes or made or effect.links):
            return
        links, linked = dict(self.around.links), set(self.around.linked)
        for path in [path for path in links if any(disturbed(place, entry(path)) for place in effect.writes)]:
            # Whether it is still there is not known: what goes through it may go elsewhere.
            del links[path]
            linked.add(tree(path))
            self._linked.add(entry(path))
        if effect.links is None:
            linked |= effect.writes
        links.update(effect.links or ())
        dirty = with_writes(self.around, effect.writes | made)
        self.around = self.around.altered(dirty=dirty, links=links, linked=frozenset(linked))

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
                    stdin = value(one.body, partial(self.scene.look, state)).text
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
        target = value(one.target, partial(self.scene.look, state))
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


def _taking(effect: CommandEffect, *what: str) -> CommandEffect:
    """The effect with more things taken for granted about where its places are."""
    if not what:
        return effect
    tier, assume = of_variables(effect)
    assumes = tuple(dict.fromkeys((*effect.assumes, *what)))
    return replace(
        effect,
        assumes=assumes,
        tier=max(effect.tier, Tier.KNOWLEDGE),
        variables_tier=tier,
        variables_assume=assume,
    )


def _together(effect: CommandEffect, waiting: Iterable[CommandEffect]) -> CommandEffect:
    """An effect with those that were met in the words of its command."""
    parts = (effect, *waiting)
    of_names = [of_variables(one) for one in parts]
    variables = effect.variables
    for one in parts[1:]:
        variables |= one.variables
    return replace(
        effect,
        reads=frozenset[Place]().union(*(one.reads for one in parts)),
        writes=frozenset[Place]().union(*(one.writes for one in parts)),
        variables=variables,
        tier=max(one.tier for one in parts),
        assumes=tuple(dict.fromkeys(clause for one in parts for clause in one.assumes)),
        variables_tier=max(tier for tier, _ in of_names),
        variables_assume=tuple(dict.fromkeys(clause for _, clauses in of_names for clause in clauses)),
    )


def of_variables(effect: CommandEffect) -> tuple[Tier, tuple[str, ...]]:
    """What the claim about the variables of a command rests on."""
    if effect.variables_tier is None:
        return effect.tier, effect.assumes
    return effect.variables_tier, effect.variables_assume
