# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# 32-bit Arm Linux (armv7 with NEON and VFPv4: Cortex-A7, A15, A17 and later) with Debian's cross
# compiler; the engine alone, see ci/emulate_armv7.sh. VFPv4 is what gives fmaf an instruction.
# What is built runs through QEMU's user emulation with armhf libraries in the host's own folders.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_C_FLAGS_INIT "-march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard")
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)

set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/arm-linux-gnueabihf/pkgconfig:/usr/share/pkgconfig)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm)
