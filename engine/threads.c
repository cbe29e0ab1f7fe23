/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A round is started by the generation counter and ended by the workers' own counters, each on a
 * cache line that one side writes and the other reads: a round costs two trips between cores.
 * Workers and the caller spin for a while, because layers follow each other within microseconds and
 * waking takes longer than many layers, and then sleep on a condition variable, because an idle
 * pool must not burn a core. */
#include "engine/threads.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Pauses before sleep: a few hundred microseconds. */
enum { SPIN_ROUNDS = 8000, CACHE_LINE = 64 };

typedef struct worker {
    _Alignas(CACHE_LINE) atomic_uint done; /* the last round that it has finished */
    edy_threads *pool;
    unsigned index;
    pthread_t thread;
} worker;

struct edy_threads {
    unsigned count;
    edy_thread_start_fn on_start;
    void *start_context;
    pthread_mutex_t lock;
    pthread_cond_t wake, finished;
    atomic_uint sleepers;     /* workers that have to be woken */
    atomic_bool caller_waits; /* and the caller */
    /* One round: written by the caller before `generation` is. */
    _Alignas(CACHE_LINE) atomic_uint generation;
    edy_worker_task_fn task;
    void *context;
    size_t items;
    bool stop;
    worker workers[]; /* 0: the caller, unused */
};

static inline void cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Worker w's share of items: contiguous, sizes differ by at most 1. */
static void run_share(const edy_threads *pool, unsigned w) {
    const size_t base = pool->items / pool->count, extra = pool->items % pool->count;
    const size_t begin = w * base + (w < extra ? w : extra);
    const size_t end = begin + base + (w < extra ? 1 : 0);
    if (end > begin)
        pool->task(pool->context, w, begin, end);
}

/* Sleeping sides announce themselves and look again before they sleep; the other side changes its
 * counter first and then looks for announcements. Between the two steps of each stands a full
 * barrier, an exchange or a fence, so one of the two sees the other. (A sequentially consistent
 * store and load would do too, but QEMU 7.2 lets those of aarch64 pass each other on x86.) */
static void wait_for_round(edy_threads *pool, unsigned seen) {
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (atomic_load_explicit(&pool->generation, memory_order_acquire) != seen)
            return;
        cpu_relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->generation) == seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void finish_round(edy_threads *pool, worker *self, unsigned round) {
    atomic_store_explicit(&self->done, round, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&pool->caller_waits, memory_order_relaxed))
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->finished);
    pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument) {
    worker *self = argument;
    edy_threads *pool = self->pool;
    unsigned seen = 0;
    if (pool->on_start)
        pool->on_start(pool->start_context, self->index);
    for (;;) {
        wait_for_round(pool, seen);
        seen++;
        if (pool->stop)
            return NULL;
        run_share(pool, self->index);
        finish_round(pool, self, seen);
    }
}

static void start_round(edy_threads *pool) {
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->sleepers) == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_for_worker(edy_threads *pool, worker *w, unsigned round) {
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (atomic_load_explicit(&w->done, memory_order_acquire) == round)
            return;
        cpu_relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_store_explicit(&pool->caller_waits, true, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    while (atomic_load(&w->done) != round)
        pthread_cond_wait(&pool->finished, &pool->lock);
    atomic_store(&pool->caller_waits, false);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_for_workers(edy_threads *pool) {
    const unsigned round = atomic_load_explicit(&pool->generation, memory_order_relaxed);
    for (unsigned i = 1; i < pool->count; i++)
        wait_for_worker(pool, &pool->workers[i], round);
}

edy_status edy_threads_create(unsigned count, edy_thread_start_fn on_start, void *context,
                              edy_threads **out, edy_error *err) {
    *out = NULL;
    if (count < 1 || count > EDY_MAX_THREADS)
        return edy_fail(err, EDY_BAD_ARGUMENT, "thread count %u is not in 1..%d", count,
                        EDY_MAX_THREADS);
    const size_t bytes = sizeof(edy_threads) + count * sizeof(worker);
    edy_threads *pool =
        aligned_alloc(CACHE_LINE, (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    if (!pool)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %u threads", count);
    memset(pool, 0, bytes);
    pool->count = 1; /* those that run, until all have started */
    pool->on_start = on_start;
    pool->start_context = context;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->finished, NULL);
    unsigned started = 1;
    for (; started < count; started++) {
        pool->workers[started].pool = pool;
        pool->workers[started].index = started;
        if (pthread_create(&pool->workers[started].thread, NULL, worker_main,
                           &pool->workers[started]) != 0)
            break;
    }
    pool->count = started; /* no round has begun: no worker has read it */
    if (started < count) {
        edy_threads_destroy(pool);
        return edy_fail(err, EDY_NO_MEMORY, "cannot start thread %u of %u", started + 1, count);
    }
    *out = pool;
    return EDY_OK;
}

void edy_threads_destroy(edy_threads *pool) {
    if (!pool)
        return;
    pool->stop = true;
    start_round(pool);
    for (unsigned i = 1; i < pool->count; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

unsigned edy_threads_count(const edy_threads *pool) {
    return pool ? pool->count : 1;
}

void edy_parallel_for_workers(edy_threads *pool, size_t items, edy_worker_task_fn task,
                              void *context) {
    if (items == 0)
        return;
    if (!pool || pool->count == 1 || items == 1) {
        task(context, 0, 0, items);
        return;
    }
    pool->task = task;
    pool->context = context;
    pool->items = items;
    start_round(pool);
    run_share(pool, 0);
    wait_for_workers(pool);
}

typedef struct plain_task {
    edy_task_fn task;
    void *context;
} plain_task;

static void run_plain(void *context, unsigned index, size_t begin, size_t end) {
    const plain_task *t = context;
    (void)index;
    t->task(t->context, begin, end);
}

void edy_parallel_for(edy_threads *pool, size_t items, edy_task_fn task, void *context) {
    plain_task t = {task, context};
    edy_parallel_for_workers(pool, items, run_plain, &t);
}
