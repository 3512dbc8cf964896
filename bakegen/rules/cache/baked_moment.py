"""Rule CA342: a RUN that writes down the time, or something random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_WRITING = (">", ">>", ">|", "&>")


def _is_kept(call: ShellCall, kept: dict[int, bool]) -> bool:
    """Whether the output of a call goes into a file, as far as the RUN's text tells."""
    if call.tree is not None and any(one.operator in _WRITING for one in call.tree.redirects):
        return all(not _is_null(one.target.literal) for one in call.tree.redirects if one.operator in _WRITING)
    return kept.get(id(call), False)


def _is_null(target: str | None) -> bool:
    return target is not None and target.startswith("/dev/")


def _around(calls: tuple[ShellCall, ...]) -> dict[int, bool]:
    """For calls in a substitution: whether the command around them writes into a file."""
    found: dict[int, bool] = {}
    for call in calls:
        if not call.nested:
            continue
        for outer in calls:
            if outer is not call and outer.span.start < call.span.start and call.span.end <= outer.span.end:
                written = outer.tree.redirects if outer.tree is not None else ()
                if outer.name in ("echo", "printf") and any(
                    one.operator in _WRITING and not _is_null(one.target.literal) for one in written
                ):
                    found[id(call)] = True
    return found


def _what(call: ShellCall) -> str:
    if call.name == "date":
        given = call.option("-d", "--date", "-r", "--reference", "-s", "--set")
        return "" if given is not None or "SOURCE_DATE_EPOCH" in " ".join(call.texts) else "the time"
    if call.name == "uuidgen" or (call.name == "openssl" and call.sub == "rand"):
        return "a random value"
    return ""


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for script in subject.scripts:
        kept: dict[int, bool] | None = None
        for call in script.calls:
            what = _what(call)
            if not what:
                continue
            kept = _around(script.calls) if kept is None else kept
            if not _is_kept(call, kept):
                continue
            when = "of an earlier build" if what == "the time" else "that every container of the image shares"
            yield Finding(
                call.span,
                f"{call.name} runs once, and then the cache keeps {what} {when}",
                "write it when the container starts"
                if what != "the time"
                else "give the time as a label or build argument, in the last steps",
            )


RULE = Rule(
    code="CA342",
    name="baked-moment",
    summary="Do not write the time or random values into a layer",
    why="A RUN whose text has not changed does not run again. `RUN date > /build-time` keeps the time at which this "
    "step ran first, maybe weeks before the image was built; a generated password or id is the same in all containers "
    "of all images that share the layer. And whenever it does run, the layer has another digest, and everything below "
    "it is built and shipped again.\n\n"
    "The time of a build is best a label from outside (`docker buildx build --label`, or `labels` of a bake target), "
    "which is in no cache key. Random values belong into the start of the container.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("The time in a file", "FROM busybox\nRUN ⟦date -u +%FT%TZ⟧ > /build-time\n"),
        Example("Inside of a text", 'FROM busybox\nRUN echo "built at $(⟦date⟧)" > /build-time\n'),
        Example("A secret for everybody", "FROM debian\nRUN ⟦openssl rand -hex 32⟧ > /app/secret\n"),
        Example("For the log alone", "FROM busybox\nRUN date && echo $(date)\n"),
        Example("A time that is given", "FROM busybox\nARG T=0\nRUN date -d @$T > /build-time\n"),
        Example("When the container starts", 'FROM busybox\nCMD ["sh", "-c", "date > /started"]\n'),
    ),
    words=("date", "uuidgen", "openssl"),
)
