#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/emulate.sh [--all] [TARGET|CPU ...]
#
# Runs edyno on the emulated CPUs of targets/cpus.csv (QEMU's user emulation): lesser x86-64 ones,
# aarch64 and armv7. On each, every backend that it lacks an instruction for must be refused with
# code 2 and a sentence, and start-up must work; the kernels of the column `walk` are walked, and the
# trained models judged on the backends of `judge`; then come the tests that a CPU can change, and
# aarch64 instructions are counted (ci/count.sh). What that leaves out is printed at the end, and
# --all runs it: every backend of `run`, every test, the small nets, threads and batches.
# Sets itself up: this adds the architectures arm64 and armhf. It proves answers, never speed.
set -euo pipefail
cd "$(dirname "$0")/.."
all= only=" "
for argument in "$@"; do
    case $argument in
    -h | --help) sed -n '5,14s/^# \{0,1\}//p' "$0" && exit 0 ;;
    --all) all=1 ;;
    *)
        grep -qE "(^|,)$argument," targets/cpus.csv || {
            echo "ci/emulate.sh: targets/cpus.csv has no target or CPU '$argument'" >&2
            exit 2
        }
        only+="$argument "
        ;;
    esac
done
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
count=0 failed=0 refused=0

# start CODE WORDS EMULATOR CPU PROGRAM ARGUMENT...: the program on that CPU must end with CODE and
# print WORDS; as many at once as there are cores. finish prints.
start() {
    local expected=$1 words=$2 emulator=$3 cpu=$4 log=$logs/$count code=0
    count=$((count + 1))
    shift 4
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    {
        printf '\n%s %s, on an emulated %s\n' "$(basename "$1")" "${*:2}" "$cpu"
        "$emulator" -cpu "$cpu" "$@" || code=$?
        [ "$code" -eq "$expected" ] || echo "FAILED: code $code instead of $expected"
    } >"$log" 2>&1 &&
        if ! grep -qF -- "$words" "$log"; then echo "FAILED: it does not say: $words" >>"$log"; fi &
}
# Prints what was started, in that order.
finish() {
    wait
    for ((i = 0; i < count; i++)); do
        grep -v "TCG doesn't support requested feature" "$logs/$i"
        if grep -q '^FAILED: ' "$logs/$i"; then failed=$((failed + 1)); fi
    done
}

# build TARGET: the folder, in `folder`; the tests of it that are to run, in `tests`.
build() {
    local option=() made=(edyno engine_tests)
    tests='^engine$'
    case $1 in
    x86_64-linux-gnu)
        ci/setup.sh --x86
        folder=${EDYNO_BUILD:-build} made=(edyno) tests=
        ;;
    aarch64-linux-gnu)
        ci/setup.sh --test --arm64
        folder=build-aarch64
        ;;
    arm-linux-gnueabihf)
        ci/setup.sh --test --armhf
        ci/sysroot.sh
        folder=build-armv7
        ;;
    esac
    if [ -n "$tests" ]; then
        option=(-DCMAKE_TOOLCHAIN_FILE="$PWD/targets/$1.cmake")
        if [ -n "$all" ]; then made=(all) tests=.; fi
    fi
    ci/build.sh "$folder" -DCMAKE_BUILD_TYPE=Release ${option[@]+"${option[@]}"} -- "${made[@]}"
}

# An instruction that not every CPU of the target has, and the feature that says who has.
declare -A instruction=(
    [x86_64-linux-gnu]='vpxor %ymm0, %ymm0, %ymm0'
    [aarch64-linux-gnu]='.arch armv8.2-a+dotprod; sdot v0.4s, v0.16b, v0.16b'
) feature=([x86_64-linux-gnu]=avx2 [aarch64-linux-gnu]=dotprod)

# control TARGET EMULATOR CPU FEATURES: the emulator must kill a program that uses what the CPU
# lacks, or nothing that follows proves anything.
control() {
    local compiler=cc code=0 expected=132
    [ -n "${instruction[$1]-}" ] || return 0
    [ "$1" = x86_64-linux-gnu ] || compiler=$1-gcc
    [[ " $4 " != *" ${feature[$1]} "* ]] || expected=0
    printf 'int main(void) { __asm__ volatile("%s"); return 0; }' "${instruction[$1]}" >"$logs/c.c"
    "$compiler" "$logs/c.c" -o "$logs/control"
    { "$2" -cpu "$3" "$logs/control" || code=$?; } >/dev/null 2>&1
    [ "$code" -eq "$expected" ] && return 0
    echo "FAILED: a program with ${feature[$1]} ended with $code instead of $expected on $3"
    failed=$((failed + 1))
}

# on TARGET EMULATOR CPU RUN REFUSE WALK JUDGE: starts what is to run on one CPU.
on() {
    local here=(0 ', 0 failed,' "$2" "$3" "$folder/edyno") backend
    for backend in $5; do
        refused=$((refused + 1))
        start 2 'cannot run on this CPU: it lacks' "$2" "$3" "$folder/edyno" conform simplecnn \
            --backend "$backend"
    done
    start 0 'scalar' "$2" "$3" "$folder/edyno" list backends
    if [ -n "$all" ]; then
        for backend in $4; do
            start "${here[@]}" conform --backend "$backend" --images 100
            start "${here[@]}" conform ds_cnn_49x10 resnet8_32 mobilenet_v1_0.25_96 \
                --backend "$backend"
            start "${here[@]}" conform --kernels --shapes corner --backend "$backend"
        done
        return
    fi
    for backend in $7; do
        start "${here[@]}" conform --backend "$backend" --threads 2 --batch 1 --images 10
    done
    for backend in $6; do
        start "${here[@]}" conform --kernels --shapes corner --backend "$backend" --cases 20
    done
}

selected() {
    [ "$only" = " " ] || [[ $only == *" $1 "* ]] || [[ $only == *" $2 "* ]]
}

last='' cpus=0
while IFS=, read -r target emulator cpu features run refuse walk judge; do
    selected "$target" "$cpu" || continue
    if [ "$target" != "$last" ]; then
        build "$target"
        echo "$target: $("$emulator" --version | head -n 1)"
        if [ -n "$tests" ]; then
            ctest --test-dir "$folder" --output-on-failure --no-tests=error \
                --parallel "$(nproc)" -L "$tests" -E '^(cli|profile)_test$' ||
                failed=$((failed + 1))
        fi
        last=$target
    fi
    cpus=$((cpus + 1))
    control "$target" "$emulator" "$cpu" "$features"
    on "$target" "$emulator" "$cpu" "$run" "$refuse" "$walk" "$judge"
done < <(tail -n +2 targets/cpus.csv)
finish

if selected aarch64-linux-gnu max; then
    echo
    ci/count.sh || failed=$((failed + 1))
fi
echo
if [ -z "$all" ]; then
    echo "left out, ci/emulate.sh --all runs it: backends that targets/cpus.csv has in run, but not in"
    echo "  walk or judge; one thread, batches, nets, more than 20 random shapes a family; tests of"
    echo "  datasets, workloads, bench and reports"
fi
echo "left out: cli_test, minutes of emulation; profile_test, which times what is not to be timed"
echo "emulated: $cpus CPUs, $count runs, $refused of them to be refused; $failed failed"
[ "$failed" -eq 0 ]
