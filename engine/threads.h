/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A fixed pool of threads with static partition. The caller's thread is worker 0. */
#ifndef EDY_THREADS_H
#define EDY_THREADS_H

#include <stddef.h>

#include "engine/status.h"

typedef struct edy_threads edy_threads;

/* Called once on each worker thread as it starts (not on the caller's), e.g. to pin it. */
typedef void (*edy_thread_start_fn)(void *context, unsigned worker);

enum { EDY_MAX_THREADS = 256 };

/* count in 1..EDY_MAX_THREADS; 1 makes no thread. on_start may be NULL. */
edy_status edy_threads_create(unsigned count, edy_thread_start_fn on_start, void *context,
                              edy_threads **pool, edy_error *err);
void edy_threads_destroy(edy_threads *pool);         /* NULL is allowed */
unsigned edy_threads_count(const edy_threads *pool); /* NULL counts as 1 */

/* Calls task(context, begin, end) on disjoint ranges that cover [0, items); each worker gets one
 * contiguous range, the sizes differ by at most 1. Returns when all are done. pool NULL, one thread
 * or one item: runs on the caller's thread. Not reentrant: one parallel_for at a time a pool. */
typedef void (*edy_task_fn)(void *context, size_t begin, size_t end);
void edy_parallel_for(edy_threads *pool, size_t items, edy_task_fn task, void *context);

/* The same for a task that needs memory of its own: worker < edy_threads_count(pool). */
typedef void (*edy_worker_task_fn)(void *context, unsigned worker, size_t begin, size_t end);
void edy_parallel_for_workers(edy_threads *pool, size_t items, edy_worker_task_fn task,
                              void *context);

#endif
