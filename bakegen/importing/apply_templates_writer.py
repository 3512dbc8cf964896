"""Writes a Dockerfile.j2 piece by piece, so that our Jinja renders texts exactly as they stand.

A tag that stands alone in its line leaves no empty line behind (`bakegen.templating.sandbox`), and what looks like
Jinja in a text is put into an expression.
"""

from __future__ import annotations

import re

from bakegen.importing.apply_templates_values import jinja

_MARKS = re.compile(r"\{[{%#]")


class Writer:
    """The text of a template so far."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._text = ""

    def text(self, text: str) -> None:
        """A text, as it stands."""
        self._text += text

    def value(self, expression: str) -> None:
        """The value of an expression."""
        self._flush(before_mark=True)
        self._parts.append(f"{{{{ {expression} }}}}")

    def tag(self, tag: str) -> None:
        """A tag; in a line of its own where a line begins here."""
        self._flush(before_mark=True)
        line = "".join(self._parts[-8:]).rpartition("\n")[2]
        if not line:
            self._parts.append(f"{{% {tag} %}}\n")
        else:
            self._parts.append(f"{{%{'+' if not line.strip() else ''} {tag} %}}")

    def state(self) -> tuple[int, str]:
        """What `back` needs."""
        return len(self._parts), self._text

    def back(self, state: tuple[int, str]) -> None:
        """Forgets what was written since."""
        del self._parts[state[0] :]
        self._text = state[1]

    def result(self) -> str:
        """All of it."""
        self._flush(before_mark=False)
        return "".join(self._parts)

    def _flush(self, *, before_mark: bool) -> None:
        text, self._text = self._text, ""
        brace = "{" if before_mark and text.endswith("{") else ""
        text = text.removesuffix(brace) if brace else text
        escaped = _MARKS.sub(lambda found: f"{{{{ {jinja(found[0])} }}}}", text)
        if brace:
            escaped += "{{ '{' }}"
        if escaped:
            self._parts.append(escaped)
