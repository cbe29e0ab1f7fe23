# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# 64-bit Arm Linux with Debian's cross compiler and arm64 libraries (multiarch); ci/emulate.sh uses it.
# What is built runs through QEMU's user emulation, without binfmt_misc: arm64 libraries lie in the
# host's own multiarch folders, so the guest's root is the host's.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
