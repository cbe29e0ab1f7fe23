#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# The tests once more under AddressSanitizer and UndefinedBehaviorSanitizer. Arguments go to ctest.
# Kernels that this CPU cannot run are left out of the build, and said so: nothing would run them.
set -euo pipefail
cd "$(dirname "$0")/.."
ci/setup.sh --test

without=
grep -qw avx512_vnni /proc/cpuinfo || without+="avx512vnni;"
grep -qw avx512dq /proc/cpuinfo || without+="avx512;"
grep -qw avx_vnni /proc/cpuinfo || without+="avxvnni;"
echo "left out, for want of such a CPU: ${without:-nothing}"

ci/build.sh build-sanitize -DEDYNO_WITHOUT="$without" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O2 -g1" \
    -DEDYNO_SANITIZE=address,undefined
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
ctest --test-dir build-sanitize --output-on-failure --no-tests=error --parallel "$(nproc)" "$@"
