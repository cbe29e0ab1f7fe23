/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Threads on cores of their own, through hwloc. Without it the kernel may move a thread in
 * mid-sample and its caches with it. */
#ifndef EDY_PIN_H
#define EDY_PIN_H

#include <stddef.h>

#include "engine/status.h"

typedef struct edy_pinning edy_pinning;

/* Finds the cores that this process may use: one hardware thread of each, the most capable kind of
 * core first (hwloc's cpukinds), then by logical order. EDY_UNSUPPORTED where the system cannot
 * bind, EDY_NO_MEMORY. `synthetic` NULL, or a topology in hwloc's synthetic syntax for tests:
 * nothing is bound then. */
edy_status edy_pinning_create(const char *synthetic, edy_pinning **pinning, edy_error *err);
void edy_pinning_destroy(edy_pinning *pinning); /* NULL is allowed */

size_t edy_pinning_cores(const edy_pinning *pinning);
/* Operating-system index of the CPU that worker `worker` goes to. */
int edy_pinning_cpu(const edy_pinning *pinning, unsigned worker);

/* Binds the calling thread to the core of that worker (0: the caller of a pool), round and round
 * where there are more workers than cores. An edy_thread_start_fn: context is the edy_pinning *.
 * What it could not bind is counted. */
void edy_pin_worker(void *pinning, unsigned worker);
/* How many bindings failed so far. */
unsigned edy_pinning_failures(const edy_pinning *pinning);

/* Binds the calling thread, and the processes that it starts from now on, to the first n cores of
 * the same order (all, where there are fewer); n >= 1. */
void edy_pin_cores(edy_pinning *pinning, size_t n);

/* Gives the calling thread back the CPUs that the process had when the pinning was created. */
void edy_pin_restore(edy_pinning *pinning);

#endif
