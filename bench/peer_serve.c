/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The child's side of the block protocol (bench/block_child.h). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peer.h"
#include "bench/stats.h"

enum { MOST_SAMPLES = 200000 }; /* a block that has so many ends early */

static edy_status say_ready(const edy_peer *peer, FILE *out, edy_error *err) {
    const edy_peer_fact *facts = NULL;
    const size_t n = edy_peer_facts(peer, &facts);
    fprintf(out, "ready");
    for (size_t i = 0; i < n; i++)
        fprintf(out, " %s=%.0f", facts[i].key, facts[i].value);
    fprintf(out, " name=%s\n", edy_peer_name(peer));
    return fflush(out) ? edy_fail(err, EDY_IO, "cannot write to stdout") : EDY_OK;
}

/* Caches, branch predictors and sleeping threads come back before anything is timed: a tenth of
 * the block, at least two inferences. */
static edy_status warm_up(edy_peer *peer, const edy_clock *clock, int64_t block_ns,
                          edy_error *err) {
    const int64_t end = edy_now_ns(clock) + block_ns / 10;
    edy_status st = EDY_OK;
    for (int i = 0; !st && (i < 2 || edy_now_ns(clock) < end); i++)
        st = edy_peer_run(peer, err);
    return st;
}

static edy_status run_block(edy_peer *peer, const edy_clock *clock, int64_t block_ns,
                            double *samples, size_t *n, edy_error *err) {
    edy_status st = warm_up(peer, clock, block_ns, err);
    int64_t now = edy_now_ns(clock);
    const int64_t end = now + block_ns;
    for (*n = 0; !st && *n < MOST_SAMPLES && (*n == 0 || now < end);) {
        const int64_t begun = edy_now_ns(clock);
        st = edy_peer_run(peer, err);
        now = edy_now_ns(clock);
        samples[(*n)++] = (double)(now - begun);
    }
    return st;
}

static edy_status answer(edy_peer *peer, const edy_clock *clock, const char *line, double *samples,
                         FILE *out, edy_error *err) {
    int64_t block_ns = 0;
    int used = 0;
    size_t n = 0;
    if (sscanf(line, "go %" SCNd64 "%n", &block_ns, &used) != 1 || block_ns < 1 ||
        (size_t)used != strlen(line))
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "expected \"go NANOSECONDS\" on stdin, got \"%.80s\"", line);
    const edy_status st = run_block(peer, clock, block_ns, samples, &n, err);
    if (st)
        return st;
    edy_sort(samples, n);
    fprintf(out, "ns %.17g %zu\n", edy_median_sorted(samples, n), n);
    return fflush(out) ? edy_fail(err, EDY_IO, "cannot write to stdout") : EDY_OK;
}

edy_status edy_peer_serve(edy_peer *peer, const edy_clock *clock, FILE *in, FILE *out,
                          edy_error *err) {
    char line[128];
    double *samples = malloc(MOST_SAMPLES * sizeof *samples);
    if (!samples)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for samples");
    edy_status st = say_ready(peer, out, err);
    while (!st && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        st = answer(peer, clock, line, samples, out, err);
    }
    free(samples);
    return st;
}
