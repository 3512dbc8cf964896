"""The Jinja environment that templates run in: no effects, nothing undefined, bounded work; imports Jinja.

Only `bakegen.templating.text` and `bakegen.templating.files` import this module, and only when a template is
really there: Jinja alone takes longer to import than the rest of a small run.
"""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.ext import Extension
from jinja2.filters import FILTERS
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from bakegen.templating.failure import TemplateFailure, undefined
from bakegen.templating.limits import Budget, check_call, check_operands, check_text, join_checked, size
from bakegen.templating.printing import MAPPING_METHODS, printed
from bakegen.templating.versions import at_least, below, first_parts

if TYPE_CHECKING:
    from jinja2.environment import Template
    from jinja2.loaders import BaseLoader

_FILTERS = [
    "abs",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "sort",
    "string",
    "sum",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
]
_TESTS = "boolean defined divisibleby eq equalto even false float ge gt in integer iterable le lower lt mapping "
_TESTS += "ne none number odd sequence string true undefined upper == != < <= > >= greaterthan lessthan"
_TEXT_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "endswith",
        "find",
        "isalnum",
        "isalpha",
        "isdecimal",
        "isdigit",
        "islower",
        "isnumeric",
        "isspace",
        "isupper",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
    ]
)


class Missing(StrictUndefined):
    """A name that is not there: an error at first use, which tells the names that are."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        if self._undefined_hint:
            raise TemplateFailure("template-error", self._undefined_hint)
        owner = self._undefined_obj
        if owner is missing:
            raise undefined(str(self._undefined_name), ())
        known = [str(key) for key in owner] if isinstance(owner, Mapping) else []
        raise undefined(str(self._undefined_name), known, "the value")

    __iter__ = __str__ = __len__ = _fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = _fail_with_undefined_error
    __contains__ = _fail_with_undefined_error
    __add__ = __radd__ = __sub__ = __rsub__ = _fail_with_undefined_error
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _fail_with_undefined_error
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _fail_with_undefined_error
    __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error
    __int__ = __float__ = __complex__ = __pow__ = __rpow__ = _fail_with_undefined_error


class _LineTags(Extension):
    """Removes the line end after a tag that has its line to itself, and only there.

    Jinja's own `trim_blocks` also joins ``RUN a {% if x %}b{% endif %}`` to the line below it.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        at_line_start = True
        after_tag = False
        for token in stream:
            if token.type != "data":
                after_tag = token.type == "block_end"
                if token.type == "variable_begin":
                    at_line_start = False
                elif after_tag and "\n" in token.value:
                    # `-%}` has taken the line end with it.
                    at_line_start = True
                yield token
                continue
            text, line = token.value, token.lineno
            # Two pieces of text in a row have a comment between them, which the lexer has dropped.
            if after_tag and at_line_start and text.startswith(("\n", "\r\n")):
                text, line = text[text.index("\n") + 1 :], line + 1
            after_tag = True
            if text:
                at_line_start = text.endswith("\n")
                yield Token(line, "data", text)


class _Guard(NodeTransformer):
    """Puts the budget and the size checks into a parsed template."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        if node.recursive:
            raise TemplateSyntaxError("recursive loops are not supported", node.lineno)
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "_each", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, "_concat", [], [], None, None, lineno=node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without effects and without unbounded work; see `bakegen.templating.limits`."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    concat = staticmethod(join_checked)

    def __init__(self, loader: BaseLoader | None = None) -> None:
        super().__init__(
            loader=loader,
            undefined=Missing,
            autoescape=False,
            keep_trailing_newline=True,
            lstrip_blocks=True,
            optimized=False,
            auto_reload=False,
            cache_size=-1,
            finalize=_printed,
            extensions=[_LineTags],
        )
        self.budget = Budget()
        self.markers: Callable[[nodes.Template, str], nodes.Template] | None = None
        filters: dict[str, Callable[..., Any]] = {name: FILTERS[name] for name in _FILTERS}
        filters |= {"tojson": _json, "quote": _quote, "parts": first_parts}
        self.filters = {name: self._guarded(name, function) for name, function in filters.items()}
        self.filters["_each"] = self.budget.each
        self.filters["_concat"] = _concat
        self.tests = {name: self.tests[name] for name in _TESTS.split()}
        self.tests |= {"at_least": at_least, "below": below}
        self.globals = {"range": self._range, "dict": dict, "namespace": self.globals["namespace"]}

    def _guarded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        skip = 1 if getattr(function, "jinja_pass_arg", None) is not None else 0

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            value = args[skip]
            self.budget.spend(1 + size(value) // (100 if isinstance(value, str) else 1))
            check_call(name, value, (*args[skip + 1 :], *kwargs.values()))
            result = function(*args, **kwargs)
            return check_text(result) if isinstance(result, str) else result

        return guarded

    def _range(self, *args: int) -> range:
        made = range(*args)
        self.budget.spend(len(made))
        return made

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        if self.markers is not None:
            source = self.markers(source, str(args[1] or ""))
        return super()._generate(_Guard().visit(source), *args, **kwargs)

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Template:
        """As Jinja's; each include and import takes from the budget."""
        self.budget.spend(10)
        return super().get_template(name, parent, globals)

    def join_path(self, template: str, parent: str) -> str:
        """Names are always full names."""
        return template

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field of a mapping before a method of it, so that a field may be called `items`."""
        if isinstance(obj, Mapping):
            if attribute in obj:
                return obj[attribute]
            if attribute not in MAPPING_METHODS:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Of text only the methods whose result is no larger than what goes in."""
        if isinstance(obj, str) and attr not in _TEXT_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Nothing is wrapped: `format` is not reachable at all, as its widths make texts of any length."""
        return None

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """An attribute that templates must not reach."""
        return self.undefined(f"{attribute!r} is not available in templates", name=attribute, obj=obj)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """The operation, if its result is in proportion."""
        check_operands(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """The call, for a step; text methods check the size of their result beforehand."""
        self.budget.spend()
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            self.budget.spend(len(owner) // 100)
            check_call(getattr(obj, "__name__", ""), owner, args)
        result = super().call(context, obj, *args, **kwargs)
        return check_text(result) if isinstance(result, str) else result


def explain(problem: BaseException, known: Mapping[str, object]) -> TemplateFailure:
    """Whatever a template raised, as a failure with advice from the names that were `known`."""
    if isinstance(problem, TemplateFailure):
        if problem.code == "undefined" and not problem.owner and not problem.known:
            problem.known = tuple(known)
        return problem
    if isinstance(problem, TemplateSyntaxError):
        text = problem.message or "it cannot be read"
        if text.startswith("No filter named"):
            text = text[0].lower() + text[1:].rstrip(".")
        return TemplateFailure("template-syntax", f"not a template: {text.rstrip('.')}", line=problem.lineno)
    if isinstance(problem, RecursionError):
        return TemplateFailure("template-too-deep", "the template includes or calls itself too deeply")
    if isinstance(problem, UndefinedError | SecurityError):
        return TemplateFailure("template-error", problem.message or "not allowed in a template")
    reason = str(problem) or type(problem).__name__
    return TemplateFailure("template-error", f"the template fails: {reason}")


def _printed(value: Any) -> Any:
    return value if isinstance(value, Undefined) else printed(value)


def _concat(parts: list[Any]) -> str:
    return join_checked([str(_printed(part)) for part in parts])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Undefined):
        str(value)
    return list(value)


def _quote(value: Any) -> str:
    return shlex.quote(str(_printed(value)))
