"""Template files (Dockerfile.j2 and what they include): rendered in the sandbox, each line traced to its template.

Includes, imports and extends reach the project's templates folder and, under ``bakegen/``, the templates that
come with the package; nothing else.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.diagnostics import did_you_mean
from bakegen.errors import InputError
from bakegen.templating.failure import TemplateFailure
from bakegen.templating.limits import MAX_TEXT
from bakegen.text import Location, Source, Span

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.environment import Template

    from bakegen.templating.sandbox import Sandbox

BUILT_IN_PREFIX = "bakegen/"
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+):([0-9]+){_CLOSE}")
_LEADING = re.compile(f"(?:{_MARK.pattern})+")

Context = Mapping[str, object]
Place = tuple[Source, int]


class FileRenderer:
    """Renders the template files of one project.

    `read` gives the source of a file of the templates folder by its name in there, or None where there is no
    such file; it keeps to that folder. Compiled templates are kept, so one renderer should serve a whole run.
    """

    def __init__(self, read: Callable[[str], Source | None]) -> None:
        self._read = read
        self._sources: dict[str, Source] = {}
        self._sandbox: Sandbox | None = None
        self._marking: Sandbox | None = None
        self._numbers: list[str] = []
        self._compiled: dict[tuple[bool, str, str], Template] = {}

    def render(self, source: Source, context: Context) -> str:
        """The text of the template file `source`.

        Raises InputError with the place in the template (or in the one it includes) and what to do.
        """
        return self._render(source, context, marked=False)

    def line_map(self, source: Source, context: Context) -> tuple[Place | None, ...]:
        """For each line of the rendered text the template and the line in it that it comes from.

        None for a line that cannot be traced. The file is rendered once more with marks in its text; where
        the marks change the result (a template that measures its own text), nothing is traced.
        """
        plain = self._render(source, context, marked=False)
        if _OPEN in plain:
            return (None,) * (plain.count("\n") + 1)
        marked = self._render(source, context, marked=True)
        if _MARK.sub("", marked) != plain:
            return (None,) * (plain.count("\n") + 1)
        places: list[Place | None] = []
        last: Place | None = None
        for line in marked.split("\n"):
            # Marks at the start tell where the line begins, the innermost last; a line without one goes on
            # with what the line before ended in, the value of an expression with several lines.
            start = _LEADING.match(line)
            places.append(self._marked_place(start[0]) if start is not None else last)
            last = self._marked_place(line) or last
        return tuple(places)

    def _render(self, source: Source, context: Context, *, marked: bool) -> str:
        from bakegen.templating.sandbox import explain

        sandbox = self._environment(marked)
        self._sources[source.path] = source
        sandbox.budget.start()
        try:
            if len(source.text) > MAX_TEXT:
                raise TemplateFailure("template-too-long", f"the template has over {MAX_TEXT:,} characters")
            template = self._template(sandbox, source, marked)
            return sandbox.concat(template.root_render_func(template.new_context(dict(context))))
        except Exception as problem:
            failure = explain(problem, context)
            raise InputError([failure.diagnostic(self._place(problem, failure, source))]) from None

    def _template(self, sandbox: Sandbox, source: Source, marked: bool) -> Template:
        key = (marked, source.path, source.text)
        if key not in self._compiled:
            code = sandbox.compile(source.text, source.path, source.path)
            self._compiled[key] = sandbox.template_class.from_code(sandbox, code, sandbox.make_globals(None), None)
        return self._compiled[key]

    def _environment(self, marked: bool) -> Sandbox:
        existing = self._marking if marked else self._sandbox
        if existing is not None:
            return existing
        from jinja2.loaders import FunctionLoader

        from bakegen.templating.sandbox import Sandbox

        sandbox = Sandbox(FunctionLoader(self._load))
        if marked:
            sandbox.markers = self._mark
            self._marking = sandbox
        else:
            self._sandbox = sandbox
        return sandbox

    def _load(self, name: str) -> tuple[str, str, None]:
        parts = name.split("/")
        if name.startswith("/") or "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts):
            raise TemplateFailure(
                "template-outside",
                f"{name!r} is no template's name",
                help="name a file of the templates folder by its path in there",
            )
        source = built_in(name) if name.startswith(BUILT_IN_PREFIX) else self._read(name)
        if source is None:
            close = did_you_mean(name, built_in_names()) if name.startswith(BUILT_IN_PREFIX) else None
            raise TemplateFailure(
                "no-template", f"there is no template {name!r}", help=close or "put it into the templates folder"
            )
        self._sources[source.path] = source
        return source.text, source.path, None

    def _mark(self, tree: nodes.Template, path: str) -> nodes.Template:
        from jinja2 import nodes

        if path not in self._numbers:
            self._numbers.append(path)
        number = self._numbers.index(path)
        for data in list(tree.find_all(nodes.TemplateData)):
            lines = data.data.split("\n")
            marks = [f"{_OPEN}{number}:{data.lineno + offset}{_CLOSE}" for offset in range(len(lines))]
            # What follows the last line end is marked by whatever comes next.
            marks[-1] = marks[-1] if lines[-1] else ""
            data.data = "\n".join(map("".join, zip(marks, lines, strict=True)))
        for output in tree.find_all(nodes.Output):
            output.nodes = [
                one
                for node in output.nodes
                for one in (
                    (node,)
                    if isinstance(node, nodes.TemplateData)
                    else (nodes.TemplateData(f"{_OPEN}{number}:{node.lineno}{_CLOSE}", lineno=node.lineno), node)
                )
            ]
        return tree

    def _marked_place(self, text: str) -> Place | None:
        """The place of the last mark in `text`."""
        found = _MARK.findall(text)
        return (self._sources[self._numbers[int(found[-1][0])]], int(found[-1][1])) if found else None

    def _place(self, problem: BaseException, failure: TemplateFailure, source: Source) -> Location:
        """The line of the innermost template that the failure went through, at the name it is about."""
        path, line = source.path, failure.line or 1
        filename = getattr(problem, "filename", None)
        if isinstance(filename, str) and filename in self._sources:
            path = filename
        else:
            for frame in _template_frames(problem):
                if frame[0] in self._sources:
                    path, line = frame
        found = self._sources[path]
        line = min(max(line, 1), found.line_count)
        text = found.line_text(line)
        start = sum(len(one) + 1 for one in found.text.split("\n")[: line - 1])
        name = re.search(rf"\b{re.escape(failure.name)}\b", text) if failure.name else None
        if name is not None:
            return Location(found, Span(start + name.start(), start + name.end()))
        indent = len(text) - len(text.lstrip())
        return Location(found, Span(start + indent, start + max(indent, len(text.rstrip()))))


def _template_frames(problem: BaseException) -> list[tuple[str, int]]:
    from jinja2.debug import rewrite_traceback_stack

    try:
        raise problem
    except BaseException:
        rewritten = rewrite_traceback_stack()
    return [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(rewritten.__traceback__)]


@lru_cache(maxsize=1)
def built_in_folder() -> Path:
    """The folder of what comes with bakegen: templates of Dockerfiles, and below ``ci/`` files for CI providers."""
    # A wheel carries the folder inside the package; a checkout has it beside the package.
    package = Path(__file__).parents[1]
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


@lru_cache(maxsize=1)
def built_in_names() -> tuple[str, ...]:
    """The names of the templates that come with bakegen, with their prefix, sorted."""
    folder = built_in_folder()
    return tuple(sorted(BUILT_IN_PREFIX + path.relative_to(folder).as_posix() for path in folder.rglob("*.j2")))


def built_in(name: str) -> Source | None:
    """The source of a template that comes with bakegen, by its name with the prefix; None where there is none.

    Part of the package like its code, so that reading it is no effect on a project.
    """
    if name not in built_in_names():
        return None
    path = built_in_folder() / name.removeprefix(BUILT_IN_PREFIX)
    return Source.from_bytes(name, path.read_bytes())
