"""Configuration of the documentation site: `sphinx-build -W --keep-going bakegen/docs .site` builds it."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from pygments.lexer import RegexLexer, bygroups
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "bakegen"
language = "en"
extensions = ["myst_parser"]
exclude_patterns = ["README.md", "assets"]
source_suffix = {".md": "markdown"}
nitpicky = True
myst_heading_anchors = 6
smartquotes = False  # `--check` stays `--check`

html_theme = "furo"
html_title = "bakegen"
html_logo = html_favicon = "assets/logo.svg"
html_static_path = ["assets"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = html_show_sphinx = False
html_use_index = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "github-light"
pygments_dark_style = "github-dark"

NESTED = ("decisions/index", "reference/commands", "reference/rewrites", "reference/rules")
"""Pages below which the navigation has all pages of a folder: the one of their name, or the one they are in."""


_CLIMBING = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>(?:\.\./)+[^)#\s]*)[^)\s]*\)")
"""A link to something above the page's own folder."""


class HclLexer(RegexLexer):
    """HCL as bake files have it; the one that Pygments has is for Terraform and refuses them."""

    name = "HCL"
    aliases = ["hcl"]  # noqa: RUF012 (as every lexer of Pygments)
    tokens = {  # noqa: RUF012
        "root": [
            (r"\s+", Text),
            (r"(#|//).*?$", Comment.Single),
            (r"/\*(.|\n)*?\*/", Comment.Multiline),
            (r"(target|group|variable|function|validation)(?=\s+[\"{])", Keyword),
            (r"(true|false|null|for|in|if|else|endif)\b", Keyword.Constant),
            (r"([\w-]+)(\s*)(=)(?!=|>)", bygroups(Name.Attribute, Text, Operator)),  # type: ignore[no-untyped-call]
            (r"([A-Za-z_][\w-]*)(?=\()", Name.Function),
            (r"[A-Za-z_][\w-]*", Name.Variable),
            (r"\d+(\.\d+)?", Number),
            (r'"', String, "text"),
            (r"<<-?(\w+)\n(.|\n)*?\n\s*\1\b", String.Heredoc),
            (r"[=!<>]=|=>|&&|\|\||[-+*/%?:<>!=]|\.\.\.", Operator),
            (r"[][{}(),.]", Punctuation),
        ],
        "text": [
            (r"\$\{", String.Interpol, "inside"),
            (r'[^"$\\]+|\\.|\$', String),
            (r'"', String, "#pop"),
        ],
        "inside": [(r"\}", String.Interpol, "#pop"), (r"", Text, "root-once")],
        "root-once": [(r'"', String, "text"), (r"[^}\"]+", Name.Variable), (r"(?=\})", Text, "#pop")],
    }


def _nest(app: Sphinx, page: str, text: list[str]) -> None:
    """Adds what is in the navigation below a page; in the page itself it would show as code elsewhere."""
    if page in NESTED:
        inside = ":maxdepth: 1\n\n*" if page.endswith("/index") else f":hidden:\n\n{page.rpartition('/')[2]}/*"
        text[0] += f"\n```{{toctree}}\n:glob:\n{inside}\n```\n"


def _stay_inside(app: Sphinx, page: str, text: list[str]) -> None:
    """Makes of links to files of the repository that are no pages the paths of these files: the site stands alone."""

    def told(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link["target"]))
        path = posixpath.normpath(posixpath.join("bakegen/docs", target))
        if not target.startswith(".."):
            return link[0]
        return link["text"] if path in link["text"] else f"{link['text']} (`{path}`)"

    text[0] = _CLIMBING.sub(told, text[0])


def _fold(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    """Keeps what is below a page out of the sidebar of others, and rules out of all: their table is a page."""
    whole = context.get("toctree")
    if whole is not None:
        fewer = {"collapse": True, "maxdepth": 1 if page.startswith("reference/rules") else 2}
        context["toctree"] = lambda **options: whole(**{**options, **fewer})


def setup(app: Sphinx) -> None:
    """What Sphinx calls once in the beginning."""
    app.add_lexer("hcl", HclLexer)
    app.connect("source-read", _nest)
    app.connect("source-read", _stay_inside)
    app.connect("html-page-context", _fold, priority=400)  # before the theme's own at 500
