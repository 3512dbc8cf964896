# Installs bakegen from the action's own folder and puts it on the PATH of later steps.
# In: ACTION (that folder), PYTHON, EXTRAS; RUNNER_TOOL_CACHE, RUNNER_TEMP, GITHUB_PATH from the runner.
# A machine that lives on finds the same version again: nothing is installed twice.

fail() {
  echo "::error::$1"
  exit 1
}

command -v "$PYTHON" > /dev/null || fail "there is no $PYTHON: install Python 3.11 or newer, or name it in the input python"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "bakegen needs Python 3.11 or newer: put actions/setup-python before this step, or name one in the input python"
case $EXTRAS in
  *[!a-z0-9,-]*) fail "the input extras takes names with commas between" ;;
esac

# The key of what is installed: the interpreter, the extras, and every file of the package.
key=$("$PYTHON" - "$ACTION" "$EXTRAS" << 'PY'
import hashlib, pathlib, sys

root, extras = pathlib.Path(sys.argv[1]), sys.argv[2]
found = hashlib.sha256(repr((sys.version, sys.executable, extras)).encode())
for path in sorted([root / "pyproject.toml", *(root / "bakegen").rglob("*"), *(root / "templates").rglob("*")]):
    if path.is_file() and "__pycache__" not in path.parts:
        found.update(repr((path.relative_to(root).as_posix(), path.read_bytes())).encode())
print(found.hexdigest()[:20])
PY
)
cache="${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/bakegen/$key"
if ! [ -x "$cache/ready/bin/bakegen" ]; then
  mkdir -p "$cache"
  made=$(mktemp -d "$cache/venv.XXXXXX")
  "$PYTHON" -m venv "$made"
  "$made/bin/python" -m pip install --quiet --disable-pip-version-check "$ACTION${EXTRAS:+[$EXTRAS]}"
  # Two jobs of one machine may come here together: whoever is first decides, and both have a whole one.
  ln -sn "$made" "$cache/ready" 2> /dev/null || rm -rf "$made"
fi
echo "$cache/ready/bin" >> "$GITHUB_PATH"
"$cache/ready/bin/bakegen" --version
