#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Sets up, builds and runs the default suite into results/<stamp>/. Arguments go to `edyno run`:
# ci/bench.sh --quick
set -euo pipefail
cd "$(dirname "$0")/.."
build=${EDYNO_BUILD:-build}

ci/setup.sh
# Tests stay as the folder has them: without cmocka the first configuration has to leave them out.
tests=()
pkg-config --exists cmocka || tests=(-DEDYNO_TESTS=OFF)
ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release ${tests[@]+"${tests[@]}"}

out=results/$(date -u +%Y%m%dT%H%M%SZ)
status=0
"$build/edyno" run --out "$out" "$@" || status=$?
[ ! -f "$out/report.html" ] || echo "report: $out/report.html"
exit "$status"
