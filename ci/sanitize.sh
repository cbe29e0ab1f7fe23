#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# The tests once more under AddressSanitizer and UndefinedBehaviorSanitizer. Arguments go to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."
ci/setup.sh --test

ci/build.sh build-sanitize -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O2 -g1" \
    -DEDYNO_SANITIZE=address,undefined
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
ctest --test-dir build-sanitize --output-on-failure --no-tests=error --parallel "$(nproc)" "$@"
