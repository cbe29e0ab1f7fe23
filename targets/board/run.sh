#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ./run.sh              judges the answers of this machine, then measures it: some minutes
#   ./run.sh --quick      shorter, and says so where that makes figures doubtful
#   ./run.sh --smoke      does it work here? The smallest model alone
#
# Leaves conform.txt, and results.json to be taken home:  edyno report results.json -o report
# EDYNO_EMULATOR="qemu-aarch64 -cpu cortex-a53" runs it on an emulated CPU.
cd "$(dirname "$0")" || exit 2
EDYNO_SHARE=$PWD/share/edyno
export EDYNO_SHARE
# The program finds its loader in lib/ of the current folder.
edyno() {
    # shellcheck disable=SC2086
    ${EDYNO_EMULATOR-} bin/edyno "$@"
}

images=1000 options= workloads=
case ${1-} in
'') ;;
--quick) images=200 options=--quick ;;
--smoke) images=10 options='--quick --threads 1' workloads=simplecnn ;;
*)
    sed -n '5,10s/^# \{0,1\}//p' run.sh >&2
    exit 2
    ;;
esac
rm -rf results results.json

cat VERSION
echo "machine $(uname -m)"
edyno list backends || {
    echo "run.sh: the program does not start here: is this machine of the target above?" >&2
    exit 2
}
code=0
# shellcheck disable=SC2086
edyno conform $workloads --images "$images" >conform.txt || code=$?
tail -n 1 conform.txt
[ "$code" -eq 0 ] || echo "run.sh: conform ended with $code; conform.txt says where and why" >&2

# shellcheck disable=SC2086
edyno run $workloads $options --out results || code=$?
[ -e results/results.json ] || exit 2
cp results/results.json .
echo "results.json is complete; take it home: edyno report results.json -o report"
exit "$code"
