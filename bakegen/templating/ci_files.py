"""The files for CI providers that come with bakegen, filled in for one project.

They lie in ``templates/ci`` and are no templates of Dockerfiles: their lines ``#% …`` are statements and ``@{ … }@``
values, because providers have ``{{ }}``, ``[[ ]]``, ``<< >>`` and ``$( )`` for themselves.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from bakegen.templating.files import built_in_folder

if TYPE_CHECKING:
    from collections.abc import Mapping


def ci_file(name: str, values: Mapping[str, object]) -> str:
    """The file `name` of ``templates/ci`` with `values`; a name that it uses and `values` lacks is an error."""
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        line_statement_prefix="#%",
        variable_start_string="@{",
        variable_end_string="}@",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    # JSON's texts are YAML's, too.
    made.filters["yaml"] = lambda value: json.dumps(value, ensure_ascii=False)
    made.filters["sh"] = lambda value: shlex.quote(str(value))
    text = (built_in_folder() / "ci" / name).read_text("utf-8")
    return made.from_string(text).render(dict(values))
