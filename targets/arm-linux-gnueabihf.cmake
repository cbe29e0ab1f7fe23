# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# 32-bit Arm Linux (armv7 with NEON and VFPv4: Cortex-A7, A15, A17 and later) with Debian's cross
# compiler and the armhf libraries that ci/sysroot.sh unpacks. VFPv4 is what gives fmaf an
# instruction; file sizes and inodes have 64 bits, as everywhere else. What is built runs through
# QEMU's user emulation.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
get_filename_component(EDYNO_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build-armhf-root" ABSOLUTE)
set(CMAKE_C_FLAGS_INIT "-march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard -D_FILE_OFFSET_BITS=64 \
-isystem ${EDYNO_SYSROOT}/usr/include/arm-linux-gnueabihf")
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)

set(libraries ${EDYNO_SYSROOT}/usr/lib/arm-linux-gnueabihf)
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${EDYNO_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${EDYNO_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
# Libraries of libraries are found there too, when linking and when running.
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "-Wl,-rpath-link,${libraries} -Wl,-rpath,${libraries} -Wl,--disable-new-dtags")

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm)
