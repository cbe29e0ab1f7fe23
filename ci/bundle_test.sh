#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/bundle_test.sh TARGET [--cpu CPU] [--build FOLDER]
#
# Packs the target's archive, unpacks it in an empty folder and runs it there, on an emulated CPU
# unless the target is host: it must use no file of this machine but itself, judge everything right,
# and bring home a results.json that `edyno report` draws. Emulated, no time may stand in it.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-host} cpu='' build=()
shift || true
while [ $# -ge 2 ]; do
    case $1 in
    --cpu) cpu=$2 ;;
    --build) build=(--build "$2") ;;
    *) echo "ci/bundle_test.sh: unknown option '$1'" >&2 && exit 2 ;;
    esac
    shift 2
done
home=${EDYNO_BUILD:-build}/edyno
case $target in
host) emulator='' ;;
aarch64-*) emulator="qemu-aarch64 -cpu ${cpu:-cortex-a53}" ;;
arm-*) emulator="qemu-arm -cpu ${cpu:-cortex-a15}" ;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "ci/bundle_test.sh: $target: $*" >&2
    exit 1
}
mkdir "$scratch/empty"
[ -z "$emulator" ] || emulator+=" -L $scratch/empty"

ci/bundle.sh "$target" ${build[@]+"${build[@]}"} -o "$scratch/board.tar.gz"
tar -C "$scratch/empty" -xzf "$scratch/board.tar.gz"
board=$scratch/empty/edyno-$target

# The loader tells where it finds each library; the kernel's own has no file.
trace=(env LD_TRACE_LOADED_OBJECTS=1 bin/edyno)
# shellcheck disable=SC2206
[ -z "$emulator" ] || trace=($emulator -E LD_TRACE_LOADED_OBJECTS=1 bin/edyno)
(cd "$board" && "${trace[@]}") >"$scratch/libraries"
grep -q 'libc\.so' "$scratch/libraries" || fail "the loader names no libraries"
foreign=$(grep -vE "=> $board/|^[[:space:]]*(linux-vdso|lib/ld-|$board/)" "$scratch/libraries" || true)
[ -z "$foreign" ] || fail "libraries of this machine are used: $foreign"

code=0
(cd / && env -i PATH="$PATH" EDYNO_EMULATOR="$emulator" "$board/run.sh" --smoke) || code=$?
[ "$code" -eq 0 ] || fail "run.sh ended with $code: $(tail -n 5 "$board/conform.txt")"
[ -s "$board/results.json" ] || fail "no results.json"
if strings "$board/conform.txt" | grep -qF "$PWD"; then fail "conform.txt names this source tree"; fi

"$home" report "$board/results.json" -o "$scratch/report" >"$scratch/console"
for file in report.html report.md results.csv plots/memory.gp; do
    [ -s "$scratch/report/$file" ] || fail "edyno report made no $file"
done
grep -q simplecnn "$scratch/report/report.md" || fail "the report does not name the model"
if [ -n "$emulator" ]; then
    grep -q 'instructions are emulated' "$scratch/report/report.md" ||
        fail "the report does not say that this was emulated"
    if grep -oE '"real_time":[[:space:]]*[0-9.e+-]+' "$board/results.json" | grep -vE '[[:space:]:]0(\.0)?$'; then
        fail "a time stands in the results of an emulated CPU"
    fi
    echo "emulated: no wall time printed as performance"
fi
echo "bundle: $target ran in an empty folder${emulator:+ under ${emulator%% -L*}}, and its report was drawn"
