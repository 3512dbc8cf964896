"""The one place that escapes text for bake: HCL strings, JSON strings, comments.

Bake evaluates ``${…}`` and ``%{…}`` in every string, in JSON files too, and even in the keys of maps; and it
turns every string into Unicode's NFC. So these are the only functions that may put text of others between
quotes. Source: hashicorp/hcl ``hclsyntax/spec.md`` (templates) and ``json/spec.md``; tried on the real bake.
"""

from __future__ import annotations

import re
import unicodedata

from bakegen.diagnostics import printable

# Besides what the syntax demands: characters that are invisible or reorder a line are written as escapes.
_HIDDEN = r"\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_SPECIAL = re.compile(rf'["\\{_HIDDEN}]|[$%]\{{|[\ud800-\udfff]')
_HIDDEN_ONLY = re.compile(rf"[{_HIDDEN}]|[\ud800-\udfff]")
_RUN = re.compile(r"[$%]{2,}\{")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_KEYWORDS = frozenset(("true", "false", "null", "for", "if", "in", "else", "endif", "endfor"))
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "${": "$${", "%{": "%%{"}


def unwritable(text: str) -> str | None:
    """Why `text` cannot reach bake as it is, or None. In a word for people."""
    if text.isascii():
        return None
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "has bytes that are not UTF-8"
    if not unicodedata.is_normalized("NFC", text):
        return "is not in Unicode's composed form (NFC), and bake would change it"
    return None


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    short = _SHORT.get(found)
    if short is not None:
        return short
    code = ord(found)
    if 0xD800 <= code <= 0xDFFF:
        raise UnicodeError("a lone surrogate cannot be written")
    return f"\\u{code:04x}"


def hcl_string(text: str) -> str:
    """`text` as a quoted HCL string that evaluates to exactly it; UnicodeError for undecodable bytes."""
    if _SPECIAL.search(text) is None:
        return f'"{text}"'
    return f'"{_SPECIAL.sub(_escape, text)}"'


def json_string(text: str) -> str:
    """`text` as a JSON string that bake's HCL reading of JSON evaluates to exactly it.

    JSON is decoded before templates are looked for, and behind a bare carriage return that looking takes
    ``%%%{`` for something else (tried on buildx 0.29): such a text is written as a quoted HCL string inside.
    """
    if "\r" in text and _RUN.search(text) is not None:
        return f'"{_expression(hcl_string(text))}"'
    # The escapes of HCL and JSON agree on everything that `_escape` produces.
    return hcl_string(text)


def _expression(code: str) -> str:
    """An expression of HCL as a template in a JSON string."""
    quoted = code.replace("\\", "\\\\").replace('"', '\\"')
    return f"${{{quoted}}}"


def hcl_lookup(variable: str, key: str, text: str) -> str:
    """An expression: what the map `variable` has at `key`, else `text`."""
    return f"lookup({variable}, {hcl_string(key)}, {hcl_string(text)})"


def json_lookup(variable: str, key: str, text: str) -> str:
    """`hcl_lookup` in a JSON string."""
    return f'"{_expression(hcl_lookup(variable, key, text))}"'


def hcl_key(text: str) -> str:
    """`text` as the key of an HCL object: bare where that is a plain name, else quoted."""
    if _IDENTIFIER.fullmatch(text) and text not in _KEYWORDS:
        return text
    return hcl_string(text)


def hcl_heredoc(text: str) -> str | None:
    """`text` as an HCL heredoc, for long texts; None where only a quoted string is exact."""
    if (
        not text.endswith("\n")
        or "\n" not in text[:-1]
        or _HIDDEN_ONLY.search(text.replace("\n", "").replace("\t", ""))
    ):
        return None
    mark = "EOT"
    lines = {line.strip() for line in text.split("\n")}
    while mark in lines:
        mark += "_"
    return f"<<{mark}\n{text.replace('${', '$${').replace('%{', '%%{')}{mark}"


def comment_lines(text: str, indent: str = "") -> list[str]:
    """`text` as comment lines; nothing in it can end the comment or hide from a reader."""
    return [f"{indent}# {printable(line)}".rstrip() for line in text.split("\n")] if text else []
