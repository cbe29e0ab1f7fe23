#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Downloads what is not part of this repository, with checksums.
#
#   datasets/fetch.sh mlperf-tiny [DIR]   the reference models of MLPerf Tiny (Apache-2.0, 4 MB), from
#                                         github.com/mlcommons/tiny at pinned commits, into DIR
#                                         (datasets/mlperf-tiny)
#
# A file that is there with the right checksum is left alone. One whose checksum is wrong is not kept.
# Exit code 2 where anything is missing in the end. EDYNO_FETCH_BASE: another address to fetch from,
# in place of https://raw.githubusercontent.com/mlcommons/tiny (a mirror; file:// works too).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

die() {
    echo "datasets/fetch.sh: $*" >&2
    exit 2
}

right() { # FILE SHA256
    [[ -f $1 ]] && [[ $(sha256sum "$1" | cut -d' ' -f1) == "$2" ]]
}

# Downloads to a file beside the final one, which appears only when it is right.
fetch() { # URL FILE SHA256
    local part=$2.part
    rm -f "$part"
    if ! curl --fail --silent --show-error --location --output "$part" "$1"; then
        rm -f "$part"
        echo "datasets/fetch.sh: cannot fetch $1" >&2
        return 1
    fi
    if ! right "$part" "$3"; then
        echo "datasets/fetch.sh: $1 has another sha256 than $3; not kept" >&2
        rm -f "$part"
        return 1
    fi
    mv "$part" "$2"
}

mlperf_tiny() { # DIR
    local base=${EDYNO_FETCH_BASE:-https://raw.githubusercontent.com/mlcommons/tiny}
    local file sha256 commit path missing=0 count=0
    mkdir -p "$1" || die "cannot make the folder $1"
    while IFS=, read -r file sha256 commit path; do
        [[ $file == file ]] && continue
        count=$((count + 1))
        right "$1/$file" "$sha256" && continue
        fetch "$base/$commit/$path/$file" "$1/$file" "$sha256" || missing=$((missing + 1))
    done <"$here/mlperf_tiny.csv"
    echo "$((count - missing)) of $count models are in $1"
    [[ $missing == 0 ]] || exit 2
}

case ${1:-} in
mlperf-tiny)
    [[ $# -le 2 ]] || die "too many arguments; see datasets/fetch.sh --help"
    command -v curl >/dev/null || die "curl is missing; ci/setup.sh does not install it"
    mlperf_tiny "${2:-$here/mlperf-tiny}"
    ;;
-h | --help) sed -n '5,14s/^# \{0,1\}//p' "$0" ;;
*) die "unknown set '${1:-}'; see datasets/fetch.sh --help" ;;
esac
