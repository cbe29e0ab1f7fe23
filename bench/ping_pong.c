/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/ping_pong.h"

#include <math.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "bench/stats.h"
#include "bench/timer.h"

enum { TRIPS = 100, MOST_BATCHES = 2000, FEWEST_BATCHES = 20, STOP = -1, LINE_PAIR = 128 };
static const int64_t time_ns = 100 * 1000 * 1000;

/* The ball has two cache lines for itself: neighbours are prefetched in pairs. */
typedef struct court {
    alignas(LINE_PAIR) atomic_int ball; /* even: the caller's turn; odd: the other's */
    alignas(LINE_PAIR) edy_pinning *pinning;
} court;

/* Returns every ball until STOP. */
static void *other_side(void *context) {
    court *c = context;
    edy_pin_worker(c->pinning, 1);
    for (;;) {
        const int ball = atomic_load_explicit(&c->ball, memory_order_acquire);
        if (ball == STOP)
            return NULL;
        if (ball & 1)
            atomic_store_explicit(&c->ball, ball + 1, memory_order_release);
    }
}

static double play_batch(court *c, const edy_clock *clock) {
    const int64_t begun = edy_now_ns(clock);
    for (int i = 0; i < TRIPS; i++) {
        const int ball = 2 * i + 1;
        atomic_store_explicit(&c->ball, ball, memory_order_release);
        while (atomic_load_explicit(&c->ball, memory_order_acquire) == ball)
            ;
    }
    const int64_t ended = edy_now_ns(clock);
    return (double)(ended - begun) / TRIPS;
}

edy_status edy_ping_pong(edy_pinning *pinning, double *ns, edy_error *err) {
    const edy_clock clock = edy_clock_system();
    court c = {.pinning = pinning};
    double batch[MOST_BATCHES];
    pthread_t thread;
    size_t n = 0;
    *ns = NAN;
    if (edy_pinning_cores(pinning) < 2)
        return edy_fail(err, EDY_UNSUPPORTED, "there is one core: no latency between two");
    const unsigned failed = edy_pinning_failures(pinning);
    if (pthread_create(&thread, NULL, other_side, &c) != 0)
        return edy_fail(err, EDY_NO_MEMORY, "cannot start a second thread");
    edy_pin_worker(pinning, 0);
    play_batch(&c, &clock); /* until the other has started */
    const int64_t end = edy_now_ns(&clock) + time_ns;
    while (n < MOST_BATCHES && (n < FEWEST_BATCHES || edy_now_ns(&clock) < end))
        batch[n++] = play_batch(&c, &clock);
    atomic_store_explicit(&c.ball, STOP, memory_order_release);
    pthread_join(thread, NULL);
    edy_pin_restore(pinning);
    if (edy_pinning_failures(pinning) != failed)
        return edy_fail(err, EDY_UNSUPPORTED, "two threads cannot be bound to two cores");
    edy_sort(batch, n);
    *ns = edy_median_sorted(batch, n);
    return EDY_OK;
}

const char *edy_ping_pong_text(double ns) {
    return isnan(ns) ? "not measured" : ns < EDY_NEAR_BELOW_NS ? "near" : "far";
}
