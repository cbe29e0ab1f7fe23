#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Builds for aarch64 and runs the tests and the conformance of every trained model and of the small
# nets under QEMU's user emulation. Sets itself up: this adds the architecture arm64 to the machine.
# Arguments go to ctest. EDYNO_IMAGES=N: how many images' classes conform judges besides the goldens
# in full (100; emulated minutes a thousand). It proves answers, never speed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-aarch64
ci/setup.sh --test --arm64

ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release -DEDYNO_TESTS=ON \
    -DCMAKE_TOOLCHAIN_FILE="$PWD/targets/aarch64-linux-gnu.cmake"
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)" \
    --exclude-regex '^kernel_walk_test$' "$@" || status=$?

echo "edyno conform --kernels, aarch64 under $(qemu-aarch64 --version | head -n 1)"
qemu-aarch64 "$build/edyno" conform --kernels --shapes corner --cases 200 || status=$?

echo "edyno conform, aarch64 under $(qemu-aarch64 --version | head -n 1)"
qemu-aarch64 "$build/edyno" conform --images "${EDYNO_IMAGES:-100}" || status=$?
qemu-aarch64 "$build/edyno" conform ds_cnn_49x10 resnet8_32 mobilenet_v1_0.25_96 -t 1,2 --batch 1 ||
    status=$?
exit "$status"
