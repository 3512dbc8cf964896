#!/bin/sh
# Run every test of a build tree and one calculation: run-tests.sh TREE
set -eu
tree=$1

for test in "$tree"/tests/*_test; do
    "$test"
done
test "$("$tree/bin/calc" "6 * (3 + 4)")" = 42
test -z "$(find "$tree" -name "*.o" -o -name "*.a")"
echo "the build tree is sound"
