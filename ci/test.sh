#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Sets up, builds (Release) and runs every test. Arguments go to ctest: ci/test.sh -R conv
# EDYNO_BUILD names another build folder than build.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${EDYNO_BUILD:-build}

ci/setup.sh --test
ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release -DEDYNO_TESTS=ON

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)" "$@" 2>&1 |
    tee "$log" || status=$?
echo "skipped: $(grep -c '\*\*\*Skipped' "$log" || true)"
exit "$status"
