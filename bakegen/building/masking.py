"""Texts of builds as they may be shown and kept: no credentials of URLs, no control characters, no odd bytes."""

from __future__ import annotations

import re

from bakegen.diagnostics import one_line, printable

# In docker-image://name@sha256:… the @ is no end of user information.
_USER_INFO = re.compile(r"(?<!docker-image://)(?<=://)[^\s/?#'\"<>]*@")


def mask(text: str) -> str:
    """`text` with what stands between ``://`` and ``@`` of its URLs replaced: user names are tokens at times."""
    return _USER_INFO.sub("***@", text)


def clean(text: str) -> str:
    """`text` masked, with what a terminal or a CI would take for more than text as visible escapes; lines stay."""
    return printable(mask(text))


def clean_line(text: str) -> str:
    """As `clean`, in one line."""
    return one_line(mask(text))
