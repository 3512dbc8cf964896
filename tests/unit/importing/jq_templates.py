"""Random templates with jq, of the part that is carried over and a little beyond, and facts for them."""

from __future__ import annotations

from hypothesis import strategies as st

_SCALARS = st.sampled_from(["1.2", "it's", "a b", "alpine3", "1.2", "a", "b-rc", "c", "", None, True, False, 0, 7])
_ARCH = st.fixed_dictionaries(
    {"url": st.sampled_from(["http://x/1", "it's"])},
    optional={"ok": st.booleans(), "sha": st.sampled_from(["aa", "", None])},
)
FACTS = st.fixed_dictionaries(
    {
        "version": st.sampled_from(["1.2.3", "2.0"]),
        "arches": st.dictionaries(st.sampled_from(["amd64", "arm64", "i386"]), _ARCH),
        "list": st.lists(st.sampled_from(["x", "y", "Z"])),
        "sure": st.fixed_dictionaries({"text": st.sampled_from(["a", "1.2"]), "flag": st.booleans()}),
    },
    optional={
        "a": _SCALARS,
        "b": st.dictionaries(st.sampled_from(["c", "d"]), _SCALARS),
        "n": st.integers(0, 20),
    },
)
_PATHS = [
    ".version",
    ".a",
    ".b.c",
    '.b["d"]',
    ".n",
    "env.version",
    "env.variant",
    "slim",
    ".b[env.variant]",
    ".sure.text",
    ".sure.flag",
    '.sure["text"]',
    "env.version",
    ".version",
]
_TEXTS = st.sampled_from(
    [
        "RUN a \\\n",
        "\t",
        "  \n",
        "\n",
        "x",
        "${#name[@]}",
        "{% if %}",
        "{",
        "echo '{ a }'\n",
        "# {# b #}\n",
        "\t\\\n",
        "'",
        "{{ # a comment }}",
        "{{ # a comment -}}\n",
    ]
)
_LITERALS = st.sampled_from(['""', '"a"', '"it\'s"', '"{% x"', '"1.2"', '"\\(.version)-\\(env.variant)"', '"\\n"'])


def _conditions(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    plain = st.one_of(
        values,
        st.sampled_from([".arches", ".list", ".b", "is_slim", "true"]),
        st.builds("{} {} {}".format, values, st.sampled_from(["==", "!=", "<", ">="]), values | _LITERALS),
        st.builds("{} >= {}".format, st.sampled_from([".n", ".list | length"]), st.sampled_from(["3", "0"])),
        st.builds(
            '{} | {}("{}")'.format,
            values,
            st.sampled_from(["startswith", "endswith", "contains", "index", "IN"]),
            st.sampled_from(["a", "1", "slim"]),
        ),
        st.builds('IN({}; "1.0", "slim")'.format, values),
        st.just('.b | has("c")'),
    )
    return st.recursive(
        plain,
        lambda inner: (
            st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner)
            | st.builds("({}) | not".format, inner)
        ),
        max_leaves=3,
    )


_VALUES = st.recursive(
    st.sampled_from(_PATHS),
    lambda inner: st.one_of(
        st.builds(
            '({} | {}("{}"))'.format, inner, st.sampled_from(["ltrimstr", "rtrimstr"]), st.sampled_from(["a", "-rc"])
        ),
        st.builds('({} | gsub("{}"; "{}"))'.format, inner, st.sampled_from(["a", "-"]), st.sampled_from(["", "b"])),
        st.builds("({} // {})".format, inner, inner | _LITERALS),
        st.builds("({} + {})".format, inner, inner | _LITERALS),
        st.builds("({} | {})".format, inner, st.sampled_from(["@sh", "ascii_upcase", "tostring"])),
        st.builds("(if {} then {} else {} end)".format, inner, inner, _LITERALS),
        st.just('(.list | sort | join(", "))'),
        st.just('(["x", if is_slim then "a", "b" else empty end, .version] | sort | join(" "))'),
        st.builds('({{"1.0": "one", slim: {}}}[{}])'.format, inner, inner),
    ),
    max_leaves=3,
)
_TAIL = st.sampled_from(["-}}\n", "}}\n"])


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    conditions = _conditions(_VALUES)
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds(
            "a {{{{ if {} then {} else {} end }}}} b {{{{ {} }}}}\n".format, conditions, _VALUES, _LITERALS, _VALUES
        ),
        st.builds("\t{{{{ if {} then ( }}}}x{{{{ ) else ( }}}} {{{{ ) end }}}}\n".format, conditions),
        st.builds(
            "{{{{ if {} then ( {}{}{{{{ ) else ( {}{}{{{{ ) end {}".format,
            conditions,
            _TAIL,
            inner,
            _TAIL,
            inner,
            _TAIL,
        ),
        st.builds('{{{{ if {} then ( {}{}{{{{ ) else "" end {}'.format, conditions, _TAIL, inner, _TAIL),
        st.builds(
            "{{{{ if {} then ( {}{}{{{{ ) elif {} then ( {}{}{{{{ ) else ( -}}}}\nx{{{{ ) end {}".format,
            conditions,
            _TAIL,
            inner,
            conditions,
            _TAIL,
            inner,
            _TAIL,
        ),
        st.builds(
            "{{{{ [ .arches | to_entries[] | {} | .key as $key | .value | ( {}{}{{{{ $key {}{}{{{{ ) ] | add {}".format,
            st.sampled_from(["select(.value.ok)", 'select(.key != "i386")', "."]),
            _TAIL,
            st.sampled_from(
                [
                    "{{ .url | @sh }}",
                    "{{ .sha // empty }}",
                    '{{ if .sha then ( -}}\n\tA {{ .sha }}\n{{ ) else "" end -}}\n',
                ]
            ),
            _TAIL,
            st.sampled_from(["\n", "; \\\n"]),
            _TAIL,
        ),
        st.builds(
            "{{{{ .list | map( {}\t{{{{ . }}}} \\\n{{{{ ) | {} {}".format,
            _TAIL,
            st.sampled_from(["add", 'join("")']),
            _TAIL,
        ),
        st.builds("{{{{ ({}) as $x | ( {}{{{{ $x }}}}{}{{{{ ) {}".format, _VALUES, _TAIL, inner, _TAIL),
    )


TEMPLATES = st.recursive(
    st.one_of(_TEXTS, st.builds("{{{{ {} {}".format, _VALUES, _TAIL), st.builds("{{{{ {} {}".format, _LITERALS, _TAIL)),
    _blocks,
    max_leaves=6,
)
DEFINED = '{{ def is_slim: env.variant | startswith("slim") ; def slim: env.variant | ltrimstr("slim-") -}}\nFROM a\n'
