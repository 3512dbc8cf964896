"""gradle: its build scripts are programs, so that only its caches are known.

Source: https://docs.gradle.org/current/userguide/directory_layout.html and .../command_line_interface.html.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.call import CallExample
from bakegen.effects.model import Names
from bakegen.effects.toolbox import NETWORK, Sheet

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("gradle", "gradlew")

EXAMPLES = (
    CallExample("gradle dependencies --no-daemon", reads=("/**",), obstacles=("build scripts",), directory="/app"),
    CallExample("./gradlew build -x test", writes=("/**",), obstacles=("build scripts",), directory="/app"),
    CallExample("gradle build", writes=("/**",), obstacles=("build scripts",),
                variables={"GRADLE_USER_HOME": "/home/gradle/.gradle"}),
    CallExample("gradle -g /cache build", writes=("/**",), obstacles=("build scripts",)),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call: anything, with caches that are known."""
    sheet = Sheet(call, "gradle", NETWORK | Names.of("GRADLE_*", "JAVA_*", "ORG_GRADLE_*"))
    home = sheet.setting("GRADLE_USER_HOME") or sheet.home(".gradle")
    words = [one.text for one in call.arguments]
    for index, word in enumerate(words):
        if word in ("-g", "--gradle-user-home"):
            home = words[index + 1] if index + 1 < len(words) else None
        elif word is None or word.startswith(("--gradle-user-home=", "-g")):
            home = None
    if home is not None:
        for name in ("caches", "wrapper"):
            sheet.cache(posixpath.join(home, name), sharing="locked", store=True)
    sheet.obstacle("build scripts are programs, which look at and write what they like in the project", anything=True)
    return sheet.effect()
