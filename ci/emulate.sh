#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Builds for aarch64 and runs the tests, the kernel walk and the conformance of every trained model
# and of the small nets under QEMU's user emulation: NEON on the oldest CPU that has it, the dot
# product on a CPU with everything, and its refusal on the CPU without; then instructions are counted
# (ci/count.sh). Sets itself up: this adds the architecture arm64 to the machine. Arguments go to
# ctest. EDYNO_IMAGES=N: how many images' classes conform judges besides the goldens in full (20;
# emulated minutes a thousand). It proves answers, never speed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-aarch64
ci/setup.sh --test --arm64

ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release -DEDYNO_TESTS=ON \
    -DCMAKE_TOOLCHAIN_FILE="$PWD/targets/aarch64-linux-gnu.cmake"
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)" \
    --exclude-regex '^(kernel_walk|cli)_test$' "$@" || status=$?

images=${EDYNO_IMAGES:-20}
# on CPU ARGUMENTS: edyno on that CPU, with a line that says so.
on() {
    local cpu=$1
    shift
    printf '\nedyno %s, on an emulated %s (%s)\n' "$*" "$cpu" "$(qemu-aarch64 --version | head -n 1)"
    qemu-aarch64 -cpu "$cpu" "$build/edyno" "$@"
}
on cortex-a53 conform --kernels --shapes corner --backend neon --cases 200 || status=$?
on max conform --kernels --shapes corner --backend neondot --cases 200 || status=$?
on neoverse-n1 conform --kernels --shapes corner --backend neondot --kernel 's8_*' --cases 20 ||
    status=$?
on max conform --kernels --shapes corner --backend scalar --cases 20 || status=$?

on cortex-a53 conform --backend neon --threads 1 --images "$images" || status=$?
on max conform --backend neondot --threads 2 --batch 1 --images "$images" || status=$?
small_nets=(ds_cnn_49x10 resnet8_32 mobilenet_v1_0.25_96)
on max conform "${small_nets[@]}" --backend neon,neondot --threads 2 --batch 1 ||
    status=$?
echo "left out: neon with two threads, neondot with batches, scalar with either and the nets;"
echo "          larger nets, larger layers of the walk; cli_test, which is minutes of emulation"
on max conform --backend scalar --threads 1 --batch 1 --images 10 || status=$?

refused=0
on cortex-a53 conform simplecnn --backend neondot || refused=$?
if [ "$refused" -ne 2 ]; then
    echo "a CPU without the dot product must refuse neondot with code 2; it ended with $refused" >&2
    status=1
fi

echo
ci/count.sh || status=$?
exit "$status"
