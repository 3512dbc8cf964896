# Runs one command of bakegen as the action's inputs say.
# shellcheck disable=SC2153 # the variables below come from outside
# In: COMMAND, TARGETS, PROJECT, ARGS, TRUST_TAGS; BAKEGEN_EVENT, BAKEGEN_REGISTRY; the files of the runner.
# Texts are taken apart at blanks and lines; nothing in them is evaluated.

fail() {
  echo "::error::$1"
  exit 2
}

set -f # a glob among the targets is for bakegen
args=()
while IFS= read -r line; do
  line="${line%$'\r'}"
  [ -z "$line" ] || args+=("$line")
done <<< "$ARGS"
branch=()
[ "$TRUST_TAGS" != true ] || branch+=(--trust-tags)

if [ "$COMMAND" = lint ]; then # whose annotations name files from the root of the repository
  exec bakegen lint --format github ${args[@]+"${args[@]}"} -- "$PROJECT"
fi

cd -- "$PROJECT" || fail "the input project names the folder of bakegen.yaml, from the root of the repository"
case $COMMAND in
  build | bake | matrix)
    chosen="$TARGETS"
    [ -n "$chosen" ] || chosen=$(bakegen branch --targets)
    # shellcheck disable=SC2206 # names of targets have no blanks in them
    targets=($chosen)
    echo "targets=${targets[*]}" >> "$GITHUB_OUTPUT"
    ;;
esac

case $COMMAND in
  build)
    echo "report=$PWD/bakegen-report.json" >> "$GITHUB_OUTPUT"
    # Later lines of an option count: what args say of progress or the report wins.
    exec bakegen build --progress plain ${branch[@]+"${branch[@]}"} ${args[@]+"${args[@]}"} -- "${targets[@]}"
    ;;
  bake)
    bakegen render ${branch[@]+"${branch[@]}"}
    docker buildx bake stages # first, so that their caches are kept when a later step fails
    exec docker buildx bake ${args[@]+"${args[@]}"} "${targets[@]}"
    ;;
  matrix)
    matrix=$(bakegen matrix ${branch[@]+"${branch[@]}"} ${args[@]+"${args[@]}"} -- "${targets[@]}")
    echo "matrix=$matrix" >> "$GITHUB_OUTPUT"
    [ "$matrix" = '{"include":[]}' ] && any=false || any=true
    echo "any=$any" >> "$GITHUB_OUTPUT"
    ;;
  render) exec bakegen render ${branch[@]+"${branch[@]}"} ${args[@]+"${args[@]}"} ;;
  explain) bakegen explain --format markdown ${args[@]+"${args[@]}"} | tee -a "$GITHUB_STEP_SUMMARY" ;;
  *) fail "there is no command $COMMAND: build, bake, render, matrix, lint or explain" ;;
esac
