#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Measures on this machine and puts what `edyno run` prints, and its latency plot, into README.md. Run it
# on a machine that does nothing else. Arguments go to `edyno run`: reports/readme/refresh.sh --quick
set -euo pipefail
cd "$(dirname "$0")/../.."
edyno=${EDYNO_BUILD:-build}/edyno
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

COLUMNS=80 "$edyno" run --out "$out" "$@" >"$out/stdout"
{
    echo '```console'
    echo "\$ edyno run${*:+ $*}"
    cat "$out/stdout"
    echo '```'
} >"$out/block"
awk -v block="$out/block" '
    /<!-- run-output -->/ { print; while ((getline line < block) > 0) print line; skip = 1; next }
    /<!-- \/run-output -->/ { skip = 0 }
    !skip' README.md >"$out/README.md"
grep -q '^All cases right' "$out/stdout" || { cat "$out/stdout"; echo "not all right: README.md left as it is"; exit 1; }
cp "$out/README.md" README.md
cp "$out/plots/latency.svg" reports/readme/latency.svg
