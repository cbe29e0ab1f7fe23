#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Runs edyno on an emulated Ice Lake, for machines without AVX-512 and VNNI: Bochs boots Debian's
# kernel with a file system that holds the program, the libraries it needs and workloads/. QEMU 7.2
# has no AVX-512. Arguments go to edyno; without any the kernels of avx512 and avx512vnni are walked.
# Minutes long, so not part of .ci/run. Proves answers, never speed. Exits with edyno's code; 5, and
# a line that begins with SKIP, where Bochs or the kernel is not to be had.
#
#   ci/emulate_avx512.sh [--program FILE] [arguments of edyno]
#   EDYNO_MODEL=corei7_skylake_x   another of Bochs' CPUs (`bochs --help cpu`)
#   EDYNO_LIMIT=3600               seconds after which it is stopped, exit 124
set -euo pipefail
cd "$(dirname "$0")/.."
work=build-bochs
model=${EDYNO_MODEL:-corei7_icelake_u}

skip() {
    echo "SKIP: $1"
    exit 5
}

# What Debian's kernel stumbles over in Bochs 2.7, by number of the CPU feature: its XSAVE area
# (PKU, XSAVEC, XSAVES) and features of Ice Lake (RDPID, UMIP, LA57, SHA, GFNI, VAES, VPCLMULQDQ,
# CLWB, FSRM) that make it hang. AVX-512 and VNNI stay.
without=515,321,323,534,514,528,317,520,521,522,312,580

program=build/edyno
if [ "${1:-}" = --program ]; then
    program=$2
    shift 2
else
    ci/build.sh build -DCMAKE_BUILD_TYPE=Release >/dev/null
fi
arguments=("$@")
[ $# -gt 0 ] || arguments=(conform --kernels --backend 'avx512,avx512vnni')

ci/setup.sh --bochs || skip "the packages for emulation cannot be installed"
command -v bochs >/dev/null || skip "bochs is not installed (packages: $(ci/setup.sh --list --bochs | xargs))"
mkdir -p "$work"
if ! compgen -G "$work/kernel/boot/vmlinuz-*" >/dev/null; then
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }')
    [ -n "$package" ] || skip "apt knows no package linux-image-cloud-amd64"
    (cd "$work" && apt-get -qq download "$package" 2>/dev/null) || skip "$package cannot be downloaded"
    dpkg-deb -x "$work/$package"_*.deb "$work/kernel"
fi

# The file system: init, the program, its libraries where it looks for them, workloads/ in its place.
root=$work/root
rm -rf "$root"
mkdir -p "$root" "$work/disc"
cc -O2 -static -o "$root/init" ci/emulate_init.c
libraries=$(ldd "$program" | grep -o '/[^ ]*')
for file in $libraries; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
done
mkdir -p "$root/bin" "$root$PWD"
strip -o "$root/bin/edyno" "$program"
git ls-files -z workloads | xargs -0 cp --parents -t "$root$PWD"
(cd "$root" && find . | cpio --quiet -o -H newc) | gzip -1 >"$work/disc/initrd.gz"

cp "$work"/kernel/boot/vmlinuz-* "$work/disc/vmlinuz"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/disc/"
cat >"$work/disc/isolinux.cfg" <<EOF
SERIAL 0 115200
DEFAULT edyno
LABEL edyno
KERNEL vmlinuz
APPEND initrd=initrd.gz console=ttyS0,115200 loglevel=4 mitigations=off nokaslr audit=0 tsc=unstable lpj=1000000 edd=off random.trust_cpu=on panic=-1 clearcpuid=$without noxsaves rdinit=/init -- /bin/edyno ${arguments[*]}
EOF
genisoimage -quiet -o "$work/disc.iso" -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 \
    -boot-info-table "$work/disc"

cat >"$work/bochsrc" <<EOF
config_interface: textconfig
display_library: term
plugin_ctrl: unmapped=true, serial=true, biosdev=true, speaker=false, extfpuirq=true, parallel=false, gameport=false
cpu: model=$model, count=1, ips=50000000, reset_on_triple_fault=0
clock: sync=none, time0=1700000000
megs: 768
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=$work/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/serial.txt
log: $work/bochs.log
panic: action=fatal
EOF
echo continue >"$work/commands" # Debian's Bochs is built with its debugger, which waits for this
rm -f "$work/serial.txt"
echo "edyno ${arguments[*]}, $model under $(bochs --help 2>&1 | grep -o 'Bochs x86 Emulator [0-9.]*' | head -n 1)"
TERM=xterm timeout -k 5 "${EDYNO_LIMIT:-3600}" script -qefc \
    "bochs -q -f $work/bochsrc -rc $work/commands" /dev/null </dev/null >"$work/screen.txt" 2>&1 || true

# A serial line is a terminal, so the walk has written over its own progress.
sed -n '/^BEGIN/,$p' "$work/serial.txt" 2>/dev/null | tr -d '\r' | sed $'s/.*\033\\[K//' |
    grep -vE '^(BEGIN$|EXIT )' || true
code=$(tr -d '\r' <"$work/serial.txt" 2>/dev/null | sed -n 's/^EXIT \([0-9]*\)$/\1/p' | tail -n 1)
if [ -z "$code" ]; then
    echo "ci/emulate_avx512.sh: it never came to an end; see $work/serial.txt, bochs.log and screen.txt" >&2
    exit 124
fi
exit "$code"
