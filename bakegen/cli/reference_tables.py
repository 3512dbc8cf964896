"""The pages of environment variables and of files, made from what commands, settings and builds say of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.outputs import CACHE_VARIABLES, READY_VARIABLES, VARIABLE_PREFIX
from bakegen.cli.help_page import sections
from bakegen.cli.manual import PROJECT, Command, Group
from bakegen.cli.reference import HEAD, code, file_name, table, words
from bakegen.definition.fields import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import click

_MANY = 8


def environment(found: Sequence[click.Context]) -> str:
    """The page of environment variables.

    Args:
        found: the contexts of bakegen and of all its commands.
    """
    lines = [HEAD, *_ENVIRONMENT.split("\n")]
    lines += table(("variable", "meaning", "commands"), _rows(found))
    lines += ["", "## Settings of the project", "", _SETTINGS_TEXT, ""]
    rows = [
        (code(spec.variable), f"[`{spec.name}`](fields.md#{spec.name})", words(_first_sentence(spec.description)))
        for spec in SETTINGS.values()
        if spec.variable
    ]
    lines += table(("variable", "setting", "meaning"), rows)
    lines += ["", "## For the commands of `--on-ready` and `--on-cache-ready`", ""]
    lines += table(("variable", "holds"), [(code(name), said) for name, said in READY_VARIABLES.items()])
    lines += ["", "`--on-cache-ready` has these, too:", ""]
    lines += table(("variable", "holds"), [(code(name), said) for name, said in CACHE_VARIABLES.items()])
    return "\n".join([*lines, "", _OTHERS.replace("PREFIX", VARIABLE_PREFIX)])


def _rows(found: Sequence[click.Context]) -> list[tuple[str, str, str]]:
    """A row for each variable that commands read: its meaning, and which commands where they are not all."""
    root, *others = found
    meanings: dict[str, str] = {}
    readers: dict[str, list[str]] = {}
    for context in (root, *others):
        for name, said in _variables(context).items():
            if name.endswith("…"):
                continue  # set for others, below
            meanings.setdefault(name, said)
            readers.setdefault(name, []).append(context.command_path)
    rows = []
    for name, said in meanings.items():
        links = [f"[{one.partition(' ')[2]}](commands/{file_name(one)})" for one in readers[name] if one != "bakegen"]
        where = "all that open a project" if len(links) > _MANY else ", ".join(links)
        where = "all" if "bakegen" in readers[name] else where
        rows.append((", ".join(map(code, name.split(", "))), words(said), where))
    return rows


def _variables(context: click.Context) -> Mapping[str, str]:
    command = context.command
    assert isinstance(command, Command | Group)
    return {term: said for one in sections(command, context) if one.heading == "Environment" for term, said in one.rows}


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


def files(found: Sequence[click.Context]) -> str:
    """The page of files: those that have a name of their own, and what each command reads and writes.

    Args:
        found: the contexts of bakegen and of all its commands.
    """
    rows = []
    for context in found[1:]:
        command = context.command
        assert isinstance(command, Command | Group)
        said = {term: text for one in sections(command, context) if one.heading == "Files" for term, text in one.rows}
        if said and not isinstance(command, Group):
            name = f"[{context.command_path.partition(' ')[2]}](commands/{file_name(context.command_path)})"
            rows.append((name, words(said["reads"].replace(PROJECT, "the project")), words(said["writes"])))
    known = table(("file", "who writes it", "in git", "what it is"), _KNOWN)
    lines = [HEAD, _FILES, *known, "", "## By command", "", f"*The project* is {words(PROJECT)}.", ""]
    return "\n".join([*lines, *table(("command", "reads", "writes"), rows), ""])


_ENVIRONMENT = """\
# Environment variables

An option counts more than the variable that stands for it, and a variable more than files. The variables by which the
branch and what started a build are recognised are those of the CI services; `bakegen branch` shows what came of them.

## Read by commands
"""

_SETTINGS_TEXT = """\
Each setting of bakegen.yaml that is one value can be set by a variable; `BAKEGEN_SET` sets any, and fields."""

_OTHERS = """\
## Elsewhere

- `PREFIX<NAME>`: the digest of each target, in the file of `--dotenv`: [build report](build-report.md).
- `BAKEGEN_CACHE_FROM`: a variable of the bake file. With `BAKEGEN_CACHE_FROM= docker buildx bake` no cache is read.
- `BAKEGEN_LEVEL`, `BAKEGEN_ONLY`, `BAKEGEN_SKIP`, `BAKEGEN_REWRITE`, `BAKEGEN_PROJECT`, `BAKEGEN_VARIANT`: build
  arguments for [the frontend](frontend.md).
"""

_FILES = """\
# Files

Files that have a name of their own. All others are named by options.
"""

_KNOWN = (
    ("`bakegen.yaml`", "you", "yes", "the [settings](fields.md) of a project; it makes its folder one"),
    ("`images/<name>/image.yaml`", "you", "yes", "the [fields](fields.md) of an image; `images` is a setting"),
    ("`images/<name>/Dockerfile`", "you", "yes", "its Dockerfile; with `.j2` at its end the template of one"),
    ("`templates/`", "you", "yes", "partials of templates; `templates` is a setting"),
    (
        "`docker-bake.hcl`",
        "`bakegen render`",
        "yes",
        "the targets; [why there are two files](../decisions/0001-two-bake-files.md)",
    ),
    (
        "`.bakegen/*.Dockerfile`",
        "`bakegen render`",
        "yes",
        "Dockerfiles made of templates and by rewrites; the setting `rendered` names the folder",
    ),
    ("`docker-bake.override.hcl`", "`bakegen render` in CI", "no", "what holds for a branch: tags, caches"),
    ("`bakegen.lock`", "`bakegen lock`", "yes", "[base images](../decisions/0009-lock-file.md): digests and facts"),
    ("`.bakegen/cache`", "`docker buildx bake`", "no", "caches, where no registry is set"),
    ("`bakegen-report.json`", "`bakegen build`", "no", "the [report](build-report.md) of a build"),
    ("`.bakegen.toml`, `pyproject.toml`", "you", "yes", "the [configuration](lint.md) of the linter"),
    ("`.bakegen-baseline.json`", "`bakegen lint`", "yes", "findings that are known (`--write-baseline`)"),
    ("`bakegen/` in the user's cache folder", "`bakegen lint`", "", "results for files that did not change"),
)
