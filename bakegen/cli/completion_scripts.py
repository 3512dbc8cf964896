"""The scripts that teach shells to complete: ours for bash, click's for zsh and fish."""

from __future__ import annotations

from click.shell_completion import get_completion_class

from bakegen.cli.completing import VARIABLE

_BASH = """\
_bakegen_completion() {
    local kind value line="${COMP_LINE:0:COMP_POINT}"
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain)
                COMPREPLY+=("$value")
                case $value in *[=/]) compopt -o nospace ;; esac
                ;;
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
        esac
    done < <(COMP_LINE="$line" COMP_WORDBREAKS="$COMP_WORDBREAKS" VARIABLE=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F _bakegen_completion bakegen 2>/dev/null || complete -F _bakegen_completion bakegen
"""


def script(shell: str) -> str:
    """The script for bash, zsh or fish."""
    if shell == "bash":
        return _BASH.replace("VARIABLE", VARIABLE)
    # The class asks for the command line only when it completes.
    from bakegen.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    return found(cli, {}, "bakegen", VARIABLE).source().strip("\n") + "\n"
