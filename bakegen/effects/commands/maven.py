"""mvn: artifacts of a Maven project ahead of time, and building.

Source: https://maven.apache.org/plugins/maven-dependency-plugin/go-offline-mojo.html, .../settings.html,
https://maven.apache.org/configure.html.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.pom import read_pom
from bakegen.effects.model import Names
from bakegen.effects.places import ancestors
from bakegen.effects.toolbox import NETWORK, Sheet
from bakegen.effects.words import grammar, read_words, text_of

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("mvn", "mvnw")

VARIABLES = NETWORK | Names.of("MAVEN_*", "M2_*", "MVN_*", "MVNW_*", "JAVA_*", "JDK_*", "_JAVA_OPTIONS", "CLASSPATH")

_GRAMMAR = grammar(
    "-B --batch-mode -q --quiet -e --errors -U --update-snapshots -X --debug -o --offline -ntp --no-transfer-progress"
    " -am --also-make -amd --also-make-dependents -fae --fail-at-end -ff --fail-fast -fn --fail-never -N"
    " --non-recursive -nsu -C --strict-checksums -c --lax-checksums -V --show-version -v --version -h --help -llr",
    "-f --file -s --settings -gs --global-settings -pl --projects -P --activate-profiles -T --threads -rf -t"
    " --toolchains -Dmaven.repo.local --color",
)
_OFFLINE = ("go-offline", "resolve", "resolve-plugins")
_POM = "<project><dependencies/></project>"

EXAMPLES = (
    CallExample(
        "mvn -B dependency:go-offline",
        reads=("/app/pom.xml", "/app/.mvn/**", "/root/.m2/**"),
        writes=("/root/.m2/**",),
        manifests=("/app/pom.xml",),
        files={"/app/pom.xml": _POM},
        directory="/app",
    ),
    CallExample(
        "mvn -B -q dependency:go-offline -DskipTests",
        manifests=("/app/pom.xml", "/app/core/pom.xml"),
        files={
            "/app/pom.xml": "<project><modules><module>core</module></modules></project>",
            "/app/core/pom.xml": "<project><parent><groupId>x</groupId></parent></project>",
        },
        directory="/app",
    ),
    CallExample("mvn package -DskipTests", obstacles=("plugins of the build",), files={"/app/pom.xml": _POM},
                directory="/app"),
    CallExample("mvn -Dmaven.repo.local=/m2 dependency:go-offline", writes=("/m2/**",), manifests=("/app/pom.xml",),
                files={"/app/pom.xml": _POM}, directory="/app"),
    CallExample("mvn -z package", barrier="-z"),
    CallExample("mvn --version", reads=("/root/.m2/**",)),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "maven", VARIABLES)
    defined = [one for one in call.arguments if one.text is not None and one.text.startswith("-D")]
    others = tuple(one for one in call.arguments if one not in defined)
    words = sheet.understood(read_words(others, _GRAMMAR))
    if sheet.setting("MAVEN_OPTS") and "repo.local" in (sheet.setting("MAVEN_OPTS") or ""):
        raise Opaque("MAVEN_OPTS moves the repository")
    repository = sheet.home(".m2/repository")
    for one in defined:
        name, _, value = text_of(one).partition("=")
        if name == "-Dmaven.repo.local":
            repository = value
    home = sheet.home(".m2")
    for place in (home, sheet.setting("MAVEN_HOME") or "/usr/share/maven", "/etc/maven", "/opt/java"):
        if place is not None:
            sheet.look_tree(place)
    if home is not None:
        sheet.write(home)
    if words.has("--version", "-v", "--help", "-h"):
        return sheet.plain()
    sheet.fetches()
    sheet.cache(repository, store=True)
    pom = sheet.path(words.value("-f", "--file") or "pom.xml")
    pom = pom if pom.endswith(".xml") else posixpath.join(pom, "pom.xml")
    goals = [text_of(one) for one in words.operands]
    ahead = [one.rpartition(":")[2] in _OFFLINE and "dependency" in one for one in goals]
    if call.name == "mvnw" or not goals or not all(ahead):
        sheet.obstacle("plugins of the build look at and write what they like in the project", anything=True)
        return sheet.effect()
    for option in ("-s", "--settings", "-gs", "--global-settings", "-t", "--toolchains"):
        path = words.value(option)
        if path is not None:
            sheet.manifest(path)
    sheet.look_tree(posixpath.join(posixpath.dirname(pom), ".mvn"))
    for name in ("maven.config", "jvm.config", "extensions.xml", "settings.xml"):
        sheet.maybe(posixpath.join(posixpath.dirname(pom), ".mvn", name))
    _project(sheet, pom)
    sheet.assume("plugins and settings of the build make it look at nothing but poms of the project")
    return sheet.effect()


def _project(sheet: Sheet, pom: str) -> None:
    """The pom, those of its modules, and parents on disk."""
    waiting = [pom]
    while waiting:
        path = waiting.pop(0)
        if sheet.seen(path):
            continue
        source = sheet.manifest(path)
        if source is None:
            return
        said = read_pom(source.text)
        where = posixpath.dirname(path)
        for directory in ancestors(where):
            sheet.look(posixpath.join(directory, ".mvn"))
        for local in said.local:
            sheet.obstacle(f"{path} names the local {local}", anything=True)
        for module in said.modules:
            below = posixpath.join(where, module)
            waiting.append(sheet.path(below if below.endswith(".xml") else posixpath.join(below, "pom.xml")))
        if said.parent:
            above = sheet.path(posixpath.join(where, said.parent))
            above = above if above.endswith(".xml") else posixpath.join(above, "pom.xml")
            if sheet.exists(above):
                waiting.append(above)
            else:
                sheet.maybe(above)
