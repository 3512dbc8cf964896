"""What ``{{ value }}`` puts into a text, the same in the sandbox and where no Jinja is needed."""

from __future__ import annotations

from collections.abc import Mapping

from bakegen.templating.failure import TemplateFailure

MAPPING_METHODS = frozenset({"get", "items", "keys", "values"})
"""The methods of a mapping that templates may call, where it has no field of that name."""


def printed(value: object) -> str:
    """The text of `value`; TemplateFailure for what has no one text form, such as a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # An axis value with several fields is a mapping that prints as its name.
    named = isinstance(value, Mapping) and not isinstance(value, dict)
    if named or isinstance(value, int | float):
        return str(value)
    if value is None:
        what = "nothing"
    elif isinstance(value, dict):
        what = "a mapping"
    else:
        what = "a list" if isinstance(value, list | tuple | range) else "something without a text form"
    raise TemplateFailure(
        "template-value", f"{what} is printed as text", help="use `| join(' ')` or `| tojson`, or pick a field"
    )
