"""Which steps run again after a change, and what is said to be the cause."""

from __future__ import annotations

import pytest

from tests.unit.explaining.sides import judged, project, verdicts, why

DOCKERFILE = """\
FROM debian:12 AS build
ARG VERSION=1
ENV MODE=fast
COPY deps.txt ./
RUN install deps.txt
COPY main.c ./
RUN make
FROM debian:12
COPY conf /etc/
COPY --from=build /out /app
RUN check
"""
FILES = {"deps__txt": "a", "main__c": "b", "conf": "c"}


def before() -> dict[str, str]:
    return project(DOCKERFILE, **FILES)


def test_nothing_runs_where_nothing_changed() -> None:
    assert all(line.startswith("cached") for line in verdicts(before(), before()))
    assert why(before(), before()) == []


def test_what_stands_behind_runs_and_what_copies_from_it_may() -> None:
    after = project(DOCKERFILE, **{**FILES, "main__c": "changed"})
    assert verdicts(before(), after) == [
        "cached COPY deps.txt ./",
        "cached RUN install deps.txt",
        "runs COPY main.c ./",
        "runs RUN make",
        "cached COPY conf /etc/",
        "maybe COPY --from=build /out /app",
        "maybe RUN check",
    ]
    assert why(before(), after) == ["main.c changed", "stage build runs again"]


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("VERSION=1", "VERSION=2", "argument VERSION changed"),
        ("ARG VERSION=1\n", "", "argument VERSION removed"),
        ("MODE=fast", "MODE=slow", "variable MODE changed"),
        ("MODE=fast", "MODE=fast SPEED=1", "variable SPEED added"),
        ("ENV MODE=fast\n", "ENV MODE=fast\nUSER 1\n", "USER changed"),
        ("ENV MODE=fast\n", 'ENV MODE=fast\nSHELL ["/bin/bash", "-c"]\n', "SHELL changed"),
        ("RUN install deps.txt", "RUN install  deps.txt", "white space in it changed, which counts in RUN"),
        ("RUN install deps.txt", "RUN install --all deps.txt", "it was `RUN install deps.txt`"),
        ("RUN install deps.txt\n", "RUN first\nRUN install deps.txt\n", "the instruction is new"),
        ("RUN install deps.txt\n", "", "`RUN install deps.txt` before it was removed"),
        ("COPY deps.txt ./", "COPY deps.txt /deps/", "it was `COPY deps.txt ./`"),
        ("FROM debian:12 AS build", "FROM debian:13 AS build", "base debian:13 instead of debian:12"),
        ("RUN make\n", "RUN --network=none make\n", "it was `RUN make`"),
    ],
)
def test_the_first_cause_is_named(old: str, new: str, cause: str) -> None:
    assert old in DOCKERFILE
    found = why(before(), project(DOCKERFILE.replace(old, new, 1), **FILES))
    assert any(cause in one for one in found[:2]), found


def test_the_order_of_variables_counts() -> None:
    old = project("FROM scratch\nENV A=1\nENV B=2\nRUN make\n")
    new = project("FROM scratch\nENV B=2\nENV A=1\nRUN make\n")
    assert why(old, new) == ["variable order changed: ENV and ARG give the same values in another order"]


@pytest.mark.parametrize(
    "dockerfile",
    [
        DOCKERFILE.replace("COPY main.c ./", "# why\nCOPY   main.c\t./"),
        DOCKERFILE.replace("COPY main.c ./", 'COPY ["main.c", "./"]'),
        DOCKERFILE + "LABEL a=b\nEXPOSE 80\nCMD run\n",
        DOCKERFILE.replace("build", "make"),
        DOCKERFILE.replace("MODE=fast", 'MODE="fast"'),
        DOCKERFILE.replace("COPY deps", "WORKDIR /\nCOPY deps"),
        DOCKERFILE + "ARG LATE=1\nENV LATER=2\n",
        DOCKERFILE.replace("FROM debian:12\n", "FROM docker.io/library/debian:12\n"),
    ],
)
def test_what_is_in_no_key_does_not_count(dockerfile: str) -> None:
    assert all(line.startswith("cached") for line in verdicts(before(), project(dockerfile, **FILES)))


def test_values_are_never_told() -> None:
    old = project("FROM scratch\nARG TOKEN\nRUN make\nCOPY a-$TOKEN /\n", "args: {TOKEN: first-secret}\n")
    new = project("FROM scratch\nARG TOKEN\nRUN make\nCOPY a-$TOKEN /\n", "args: {TOKEN: second-secret}\n")
    found = judged(old, new)["app"]
    assert [cause.text for one in found.steps for cause in one.causes] == ["argument TOKEN changed"]
    assert "secret" not in repr(found.steps[0].step.own) + repr([one.step.seen for one in found.steps])


def test_an_argument_that_only_a_copy_expands_is_named() -> None:
    old = project("FROM scratch\nARG NAME=a\nCOPY $NAME /x\n", a="1", b="2")
    new = project("FROM scratch\nARG NAME=b\nCOPY $NAME /x\n", a="1", b="2")
    assert why(old, new)[0] == "argument NAME changed"


def test_files_are_told_by_what_became_of_them() -> None:
    old = project("FROM scratch\nCOPY src /src\n", **{"src/a": "1", "src/b": "2", "src/c": "3"})
    new = project("FROM scratch\nCOPY src /src\n", **{"src/a": "1", "src/b": "new", "src/d": "4"})
    assert why(old, new) == ["src/b changed", "src/c removed", "src/d added"]
    script = project("FROM scratch\nCOPY run /\n", run="#!x")
    plain = {path: text.removeprefix("#!") for path, text in script.items()}
    assert why(plain, {**plain, "images/app/run": "#!x"}) == ["run changed"]


def test_a_file_that_moves_with_its_copy_is_the_same_file() -> None:
    old = project("FROM scratch\nCOPY one/a.sh /bin/\n", **{"one/a.sh": "x"})
    new = project("FROM scratch\nCOPY two/a.sh /bin/\n", **{"two/a.sh": "x"})
    assert verdicts(old, new) == ["cached COPY two/a.sh /bin/"]
    renamed = project("FROM scratch\nCOPY two/b.sh /bin/\n", **{"two/b.sh": "x"})
    assert verdicts(old, renamed) == ["runs COPY two/b.sh /bin/"]


def test_link_knows_nothing_of_what_is_below() -> None:
    old = project("FROM debian:12\nCOPY --link a /a\nRUN make\n", a="1")
    new = project("FROM debian:13\nCOPY --link a /a\nRUN make\n", a="1")
    assert verdicts(old, new) == ["cached COPY --link a /a", "runs RUN make"]
    # With --chmod the frontend does without --link.
    old, new = (project(f"FROM debian:{tag}\nCOPY --link --chmod=755 a /a\n", a="1") for tag in (12, 13))
    assert verdicts(old, new) == ["runs COPY --link --chmod=755 a /a"]


def test_binds_caches_and_secrets() -> None:
    text = "FROM scratch\nRUN --mount=type=bind,source=s,target=/s --mount=type=cache,target=/c make\n"
    old = project(text, s="1", other="1")
    assert verdicts(old, project(text, s="1", other="2"))[0].startswith("cached")
    assert why(old, project(text, s="2", other="1")) == ["s changed"]
    assert verdicts(old, project(text.replace("/c ", "/c,id=/c "), s="1"))[0].startswith("cached")
    assert why(old, project(text.replace("/c ", "/c,id=own "), s="1", other="1"))[0].startswith("it was `RUN")
    secret = "FROM scratch\nRUN --mount=type=secret,id=a make\n"
    assert verdicts(project(secret), project(secret.replace("id=a", "id=b")))[0].startswith("runs")


def test_no_cache_runs_each_time() -> None:
    old = project("FROM scratch AS test\nRUN make\n", "no-cache-filter: [test]\n")
    assert why(old, old) == ["no-cache-filter names its stage"]
    plain = project("FROM scratch\nRUN make\n", "no-cache: true\n")
    assert why(plain, plain) == ["no-cache is set"]


def family(base: str, child: str) -> dict[str, str]:
    return {
        "images/base/image.yaml": "",
        "images/base/Dockerfile": base,
        "images/child/image.yaml": "",
        "images/child/Dockerfile": child,
        "images/child/file": "1",
    }


def test_changes_go_through_parents() -> None:
    base = "FROM debian:12\nRUN one\nENV A=1\n"
    old = family(base, "FROM base\nCOPY file /\nRUN two\n")
    new = {**old, "images/base/Dockerfile": base.replace("one", "uno")}
    assert verdicts(old, new, "base") == ["runs RUN uno"]
    assert verdicts(old, new, "child") == ["runs COPY file /", "runs RUN two"]
    assert why(old, new, "child") == ["target base runs again"]
    # A variable of the parent is in the keys of the child's RUNs, not in those of its COPYs.
    variable = {**old, "images/base/Dockerfile": base.replace("A=1", "A=2")}
    assert verdicts(old, variable, "child") == ["cached COPY file /", "runs RUN two"]
    assert why(old, variable, "child") == ["variable A changed"]


def test_what_is_copied_from_a_parent_may_be_the_same() -> None:
    old = family("FROM debian:12\nRUN one\n", "FROM scratch\nCOPY --from=base /a /\nCOPY file /\n")
    new = {**old, "images/base/Dockerfile": "FROM debian:12\nRUN uno\n"}
    assert verdicts(old, new, "child") == ["maybe COPY --from=base /a /", "maybe COPY file /"]
    assert why(old, new, "child") == ["target base runs again"]


def test_steps_that_another_target_had_are_in_the_cache() -> None:
    old = project("FROM debian:12\nRUN one\n")
    new = {**old, "images/more/image.yaml": "", "images/more/Dockerfile": "FROM debian:12\nRUN one\nRUN two\n"}
    assert verdicts(old, new, "more") == ["cached RUN one", "runs RUN two"]
    assert judged(old, new)["more"].new


def test_a_digest_of_a_base_image_counts_by_itself() -> None:
    digests = [f"sha256:{letter * 64}" for letter in "ab"]
    old, new = (project(f"FROM debian:12@{digest}\nRUN one\n") for digest in digests)
    assert verdicts(old, new) == ["runs RUN one"]
    assert "has digest sha256:bbbbbbbbbbbb instead of sha256:aaaaaaaaaaaa" in why(old, new)[0]
    by_context = f"contexts: {{'debian:12': 'docker-image://mirror.example.com/x@{digests[0]}'}}\n"
    assert verdicts(old, project("FROM debian:12\nRUN one\n", by_context)) == ["cached RUN one"]
    other_tag = project(f"FROM debian:bookworm@{digests[0]}\nRUN one\n")
    assert verdicts(old, other_tag) == ["cached RUN one"]


def test_whether_an_image_without_a_digest_is_the_same_is_not_told() -> None:
    pinned = project(f"FROM debian:12@sha256:{'a' * 64}\nRUN one\nCOPY --link file /\n", file="1")
    old = project("FROM debian:12\nRUN one\nCOPY --link file /\n", file="1")
    assert verdicts(old, pinned) == ["maybe RUN one", "cached COPY --link file /"]
    other = project("FROM debian:13\nRUN one\n")
    assert verdicts(old, other) == ["runs RUN one"]


def test_of_a_foreign_frontend_nothing_is_told() -> None:
    old = project("# syntax=example.com/own\nanything\n")
    found = judged(old, old)["app"]
    assert found.problem == "its Dockerfile is written for another frontend"
    assert found.steps == ()
