#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Proves that includes go one way (engine <- workloads, datasets <- bench <- reports), that quoted
# includes name a file from the root, that intrinsics stay in engine/kernels/<isa>/, and that engine/
# uses no library but protobuf-c, and that only where ONNX is read or written.
# With a folder as argument it checks that tree instead (ci/check_includes_test.sh does).
set -uo pipefail
cd "${1:-$(dirname "$0")/..}" || exit 2

files=$(find . -path './build*' -prune -o -name '*.[ch]' -print | sed 's|^\./||' | sort)
xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include' <<<"$files" |
    files=$files awk -F: '
    BEGIN {
        allow["engine"] = " engine "
        allow["workloads"] = " engine workloads "
        allow["datasets"] = " engine datasets "
        allow["bench"] = " engine workloads datasets bench "
        allow["reports"] = " engine workloads datasets bench reports "
        n = split(ENVIRON["files"], list, "\n")
        for (i = 1; i <= n; i++) exists[list[i]] = 1
        exists["onnx/onnx.pb-c.h"] = exists["build_info.h"] = 1 # generated
    }
    function finding(text) { print $1 ":" $2 ": " text; bad = 1 }
    {
        split($1, folder, "/"); from = folder[1]
        line = $3
        if (!match(line, /["<][^">]+[">]/)) { finding("not a plain include"); next }
        quoted = substr(line, RSTART, 1) == "\""
        name = substr(line, RSTART + 1, RLENGTH - 2)
        if (quoted) {
            split(name, part, "/")
            if (!(name in exists))
                { finding("\"" name "\" is not a file from the root"); next }
            if ((from in allow) && (part[1] in allow) && index(allow[from], " " part[1] " ") == 0)
                finding(from "/ must not include " part[1] "/")
        }
        if (name ~ /^([a-z]*mmintrin|x86intrin|immintrin|arm_neon|arm_sve|arm_acle)\.h$/ &&
            ($1 !~ /^engine\/kernels\/[a-z0-9]+\// || $1 ~ /^engine\/kernels\/scalar\//))
            finding("intrinsics belong in engine/kernels/<isa>/")
        if (from == "engine" && name ~ /^(cjson\/|csv\.h|hwloc|zlib\.h|png\.h|jpeglib\.h)/)
            finding("engine/ does without " name)
        if (from == "engine" && name ~ /protobuf-c|pb-c\.h/ && $1 !~ /^engine\/(import|export)\//)
            finding("protobuf-c belongs in engine/import/ and engine/export/")
    }
    END { exit bad }'
