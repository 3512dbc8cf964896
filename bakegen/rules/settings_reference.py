"""The reference page of the linter's configuration, made from the table of its keys."""

from __future__ import annotations

from bakegen.rules.settings_keys import KEYS, Key

_INTRO = """\
# Configuration of `bakegen lint`

Made from `bakegen/rules/settings_keys.py`; do not edit.

Keys stand in the table `[tool.bakegen.lint]` of a `pyproject.toml`, or in `[lint]` of a `.bakegen.toml`:

```toml
[tool.bakegen.lint]
ignore = ["DL3008"]
fail-on = "error"
per-file-ignores = {"tests/**" = ["CA"]}
```

The file is looked for in the folder of each file that is linted, then in the folders above it, up to the top of the
git work tree. The nearest that says something about linting counts, alone; of two in one folder it is `.bakegen.toml`.
`--config FILE` names another one, `--isolated` reads none. Paths and globs in it are relative to its folder.

A rule is meant by its code (`CA301`), by the beginning of codes (`CA`, `CA3`), by its name or a glob over names
(`apt-*`), by what it is called elsewhere (`DL3006`, `hadolint:DL3006`, `StageNameCasing`), or by `ALL`.

## `.hadolint.yaml`

hadolint's own file (`.hadolint.yaml` or `.hadolint.yml`) is read as well, from the nearest folder that has one. Where
both files say something, ours counts, key by key:

| hadolint | here |
| --- | --- |
| `ignored` | `ignore` |
| `override` | `severities`; `info` and `style` are `note` |
| `trustedRegistries` | `trusted-registries` |
| `label-schema` | `labels` |
| `strict-labels` | `strict-labels` |
| `failure-threshold` | `fail-on`; `info`, `style`, `ignore` and `none` are `note` |
| `no-fail` | `fail-on = "never"` |
| `disable-ignore-pragma` | `pragmas = false` |
| `format`, `no-color` | nothing: said on the command line |

Without `failure-threshold` hadolint fails from `info` on, and bakegen from `warning` on.

## Comments

```dockerfile
# bakegen ignore=DF203,apt-recommends   a reason, if you like
FROM debian
```

counts for the instruction below, in a Dockerfile, and for the next line in YAML, where it may also stand at the end of
the line that it is for. `# bakegen global ignore=…` counts for the whole file. hadolint's comments and BuildKit's
`# check=skip=…` count in Dockerfiles as well. What silences nothing is a finding itself (`unused-ignore`).

## Known findings

`bakegen lint --write-baseline` writes all findings there are into `.bakegen-baseline.json`; from then on only others
are shown. A finding is known by its file, its rule and the text of the lines that it marks, white space apart: it stays
known when lines move, and is shown when its own line is changed, or when there is one more of its kind in the file.

## Keys
"""


def reference_text() -> str:
    """The whole page, the same bytes every time."""
    return "\n".join([_INTRO, *(_entry(key) for key in KEYS.values())])


def _entry(key: Key) -> str:
    facts = [("type", str(key.shape)), ("one of", ", ".join(f"`{one}`" for one in key.choices))]
    facts += [("default", key.default), ("example", f"`{key.example}`")]
    lines = [f"### `{key.name}`", "", key.meaning, ""]
    return "\n".join([*lines, *(f"- {title}: {text}" for title, text in facts if text)]) + "\n"
