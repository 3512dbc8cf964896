"""Templates in the text of a field: compiled once a text, rendered once a variant; no Jinja where none is needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn, cast

from bakegen.templating.failure import TemplateFailure, undefined
from bakegen.templating.printing import MAPPING_METHODS, printed
from bakegen.text import Location, Span

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic
    from bakegen.templating.sandbox import Sandbox

Context = Mapping[str, object]
TextTemplate = Callable[[Context], str]

_MARKS = re.compile(r"\{[{%#]")
_SIMPLE = re.compile(r"\{\{[ \t]*([A-Za-z][A-Za-z0-9_]*)(?:\.([A-Za-z][A-Za-z0-9_]*))?[ \t]*\}\}")
# Words that Jinja reads as something other than a variable.
_WORDS = frozenset(
    [
        "true",
        "false",
        "none",
        "True",
        "False",
        "None",
        "not",
        "and",
        "or",
        "is",
        "in",
        "if",
        "else",
        "range",
        "dict",
        "namespace",
        "loop",
        "self",
        "super",
        "caller",
    ]
)


def is_template(text: str) -> bool:
    """Whether `text` has anything in it that a template would replace."""
    return _MARKS.search(text) is not None


@lru_cache(maxsize=4096)
def compile_text(text: str) -> TextTemplate:
    """`text` as a function of the context; it and this raise `TemplateFailure`.

    Texts that hold nothing but ``{{ name }}`` and ``{{ name.field }}`` are put together here, with the same
    result as Jinja gives; everything else goes through the sandbox.
    """
    parts: list[str | tuple[str, str | None]] = []
    at = 0
    for found in _SIMPLE.finditer(text):
        parts += [text[at : found.start()], (found[1], found[2])]
        at = found.end()
    parts.append(text[at:])
    for part in parts:
        if isinstance(part, str):
            # A brace right before an expression makes Jinja read the braces in another way.
            simple = not (_MARKS.search(part) or "\r" in part or part.endswith("{"))
        else:
            simple = part[0] not in _WORDS and part[1] not in MAPPING_METHODS
        if not simple:
            return _through_jinja(text)
    return _put_together([part for part in parts if part])


def render_text(text: str, context: Context) -> str:
    """`text` with its templates replaced; raises `TemplateFailure`."""
    return compile_text(text)(context) if is_template(text) else text


def explain_at(failure: TemplateFailure, location: Location | None) -> Diagnostic:
    """The failure of a field's template as a diagnostic, at the very name inside `location` if it is a name."""
    if location is not None and failure.name:
        text = location.source.slice(location.span)
        pattern = rf"\b{re.escape(failure.name)}\b"
        if not failure.owner:
            pattern = rf"(?<!\.){pattern}"
        for expression in re.finditer(r"\{[{%].*?[}%]\}", text, re.DOTALL):
            found = re.search(pattern, expression[0])
            if found is not None:
                start = location.span.start + expression.start() + found.start()
                return failure.diagnostic(Location(location.source, Span(start, start + len(failure.name))))
    return failure.diagnostic(location)


def _put_together(parts: list[str | tuple[str, str | None]]) -> TextTemplate:
    def render(context: Context) -> str:
        out = []
        for part in parts:
            if type(part) is str:
                out.append(part)
                continue
            name, field = cast("tuple[str, str | None]", part)
            if name not in context:
                raise undefined(name, context)
            value = context[name]
            if field is not None:
                if not isinstance(value, Mapping) or field not in value:
                    known = [str(key) for key in value] if isinstance(value, Mapping) else ()
                    raise undefined(field, known, name)
                value = value[field]
            out.append(value if type(value) is str else printed(value))
        return "".join(out)

    return render


@lru_cache(maxsize=1)
def _sandbox() -> Sandbox:
    from jinja2.loaders import FunctionLoader

    from bakegen.templating.sandbox import Sandbox

    return Sandbox(FunctionLoader(_no_files))


def _no_files(name: str) -> NoReturn:
    raise TemplateFailure("template-include", f"{name!r} can be included in template files only, not in a field")


def _through_jinja(text: str) -> TextTemplate:
    from bakegen.templating.sandbox import explain

    sandbox = _sandbox()
    try:
        template = sandbox.from_string(text)
    except Exception as problem:
        raise explain(problem, {}) from None

    def render(context: Context) -> str:
        sandbox.budget.start()
        try:
            return sandbox.concat(template.root_render_func(template.new_context(dict(context))))
        except Exception as problem:
            raise explain(problem, context) from None

    return render
