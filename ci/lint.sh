#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# What can be said about the sources without compiling them. Prints every finding; exit 1 if any.
set -uo pipefail
cd "$(dirname "$0")/.."

findings=$(mktemp)
trap 'rm -f "$findings"' EXIT
# report WHAT: keeps the findings on stdin, each behind WHAT.
report() {
    sed "s|^|$1: |" >>"$findings"
}

mapfile -t c_files < <(git ls-files '*.c' '*.h')
mapfile -t sources < <(git ls-files '*.c' '*.h' '*.sh' '*.py' '*.gp' '*.cmake' '*CMakeLists.txt' .ci/run)

if command -v clang-format >/dev/null; then
    printf '%s\0' "${c_files[@]}" |
        xargs -0 -n 16 -P "$(nproc)" clang-format --dry-run 2>&1 |
        sed -nE 's/^([^: ]+):[0-9]+:[0-9]+: .*/\1/p' | sort -u |
        report "not as clang-format writes it"
else
    echo "clang-format is missing: ci/setup.sh --checks" | report "lint"
fi
grep -L 'SPDX-License-Identifier: Apache-2.0' "${sources[@]}" | report "no SPDX line"
LC_ALL=C.UTF-8 grep -nE '^.{101}' "${c_files[@]}" | sed -E 's/^([^:]*:[0-9]+):.*/\1/' |
    report "wider than 100 columns"
# A file that says it is a table may be long.
for file in "${c_files[@]}"; do
    [ "$(wc -l <"$file")" -gt 600 ] && ! head -12 "$file" | grep -qi 'table' && echo "$file"
done | report "longer than 600 lines"
git ls-files '*.c' '*.h' '*.sh' '*.py' | xargs -n1 basename | sort | uniq -d | report "file name twice"
git grep -nIE '/wor[k]/|/roo[t]/|/home/[a-z]|https?://(registry|deb|pypi|mirror)[.]' -- . ':!*.svg' |
    report "path of one machine, or a registry's host"
git grep -nIE '\b(TOD[O]|FIXM[E]|XX[X])\b|#if [0]' -- ':!*.svg' |
    report "left open"
git grep -nE '^(<<<<<<<|>>>>>>>|=======)( |$)' | report "left of a merge"
ci/check_includes.sh 2>&1 | report "includes"

if [ -s "$findings" ]; then
    cat "$findings"
    echo "lint: $(wc -l <"$findings") findings in ${#sources[@]} files"
    exit 1
fi
echo "lint: no findings in ${#sources[@]} files"
