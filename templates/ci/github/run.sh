# shellcheck disable=SC2153 # the variables in capitals come from outside
# Runs one command of bakegen as the action's inputs say.
# In: COMMAND, TARGETS, PROJECT, ARGS, TRUST_TAGS; BAKEGEN_EVENT, BAKEGEN_REGISTRY; the files of the runner.
# Texts are taken apart at blanks and lines; nothing in them is evaluated.

fail() {
  echo "::error::$1"
  exit 2
}

set -f # a glob among the targets is for bakegen
[ -d "$PROJECT" ] || fail "the input project names the folder of bakegen.yaml, from the root of the repository"
args=()
while IFS= read -r line; do
  line="${line%$'\r'}"
  [ -z "$line" ] || args+=("$line")
done <<< "$ARGS"
options=(--project "$PROJECT")
[ "$TRUST_TAGS" != true ] || options+=(--trust-tags)

case $COMMAND in
  build | bake | matrix)
    chosen="$TARGETS"
    [ -n "$chosen" ] || chosen=$(bakegen branch --project "$PROJECT" --targets)
    # shellcheck disable=SC2206 # names of targets have no blanks in them
    targets=($chosen)
    echo "targets=${targets[*]}" >> "$GITHUB_OUTPUT"
    ;;
esac

# exec: a cancelled job's signal is for what builds, which then writes the caches of what it has built.
case $COMMAND in
  build)
    echo "report=$PWD/bakegen-report.json" >> "$GITHUB_OUTPUT"
    exec bakegen build --progress plain "${options[@]}" ${args[@]+"${args[@]}"} -- "${targets[@]}"
    ;;
  bake)
    bakegen render "${options[@]}"
    cd -- "$PROJECT" || exit
    docker buildx bake stages # first, so that their caches are kept when a later step fails
    exec docker buildx bake ${args[@]+"${args[@]}"} "${targets[@]}"
    ;;
  matrix)
    matrix=$(bakegen matrix "${options[@]}" ${args[@]+"${args[@]}"} -- "${targets[@]}")
    echo "matrix=$matrix" >> "$GITHUB_OUTPUT"
    [ "$matrix" = '{"include":[]}' ] && any=false || any=true
    echo "any=$any" >> "$GITHUB_OUTPUT"
    ;;
  render) exec bakegen render "${options[@]}" ${args[@]+"${args[@]}"} ;;
  lint) exec bakegen lint --format github ${args[@]+"${args[@]}"} -- "$PROJECT" ;;
  explain)
    bakegen explain --project "$PROJECT" --format markdown ${args[@]+"${args[@]}"} | tee -a "$GITHUB_STEP_SUMMARY"
    ;;
  *) fail "there is no command $COMMAND: build, bake, render, matrix, lint or explain" ;;
esac
