/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The context of a run: machine by hwloc, /proc and /sys; build by CMake; and what is doubtful
 * about them. What cannot be read stays "not measured". */
#ifndef EDY_ENV_H
#define EDY_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/record.h"
#include "bench/timer.h"

/* Fills all of the context but command, seed and pinned; measures the clock and an empty workload
 * (some 50 ms), adds the doubts. `root` is put before /proc and /sys ("" for the real ones). */
void edy_env_context(const char *root, const edy_clock *clock, edy_context *context);

/* Its parts, each apart for tests. */
void edy_env_topology(const char *synthetic, edy_context *context); /* NULL: this machine */
void edy_env_cpuinfo(const char *root, edy_context *context);       /* model, clock */
void edy_env_frequency(const char *root, edy_context *context);     /* governor, scaling, turbo */
void edy_env_load(const char *root, edy_context *context);
void edy_env_build(edy_context *context);
void edy_env_doubts(edy_context *context);

/* Are this program's instructions emulated? Then no wall time is performance. True where
 *   - the environment variable EDYNO_EMULATED is set to other than "" and "0" (by a script), or
 *   - /proc/thread-self/exe is not this program but qemu-<arch>: qemu-user disguises /proc/self and
 *     /proc/<pid>, not this link (seen with 7.2), or
 *   - /proc/cpuinfo is of another architecture than the program was compiled for: qemu-user shows
 *     the host's, or
 *   - the CPU calls itself a TCG CPU (full-system emulation by QEMU).
 * how (may be NULL) gets a short name for it: "qemu-user", "qemu-tcg", "EDYNO_EMULATED". */
bool edy_env_emulated(const char *root, char *how, size_t size);

/* "x86_64", "aarch64", ...: what the program was compiled for. */
const char *edy_env_arch(void);

#endif
