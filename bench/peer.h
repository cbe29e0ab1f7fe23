/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* An engine with one model loaded and inputs filled: edyno itself, or ONNX Runtime, behind one
 * face, so that both are served, timed and checked by the same code. */
#ifndef EDY_PEER_H
#define EDY_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/ort.h"
#include "bench/timer.h"
#include "engine/plan.h"

enum { EDY_PEER_PORTS = EDY_ORT_PORTS, EDY_PEER_FACTS = 8 };

typedef struct edy_peer_port {
    const char *name;
    edy_dtype dtype;
    edy_shape shape; /* with the batch */
    size_t bytes;
    const void *data; /* of an output: what the last run wrote */
} edy_peer_port;

/* A figure that an engine states about itself: "start_ns", "rss", "arena", ... */
typedef struct edy_peer_fact {
    char key[24];
    double value;
} edy_peer_fact;

typedef struct edy_peer edy_peer;

/* Ours. The graph is as imported and must outlive the peer; load_ns is what reading it took.
 * backend NULL: the best. Facts: start_ns (load, plan and first inference), rss (peak of this
 * process so far), arena, arena_bound, macs. Inputs as edy_peer_fill makes them. */
edy_status edy_peer_create_own(const edy_graph *graph, double load_ns, const edy_backend *backend,
                               unsigned threads, int64_t batch, uint64_t seed, edy_peer **peer,
                               edy_error *err);
/* ONNX Runtime's. Facts: start_ns (session creation and first inference; not the opening of the
 * library), rss. */
edy_status edy_peer_create_ort(const char *library, const char *model, unsigned threads,
                               int64_t batch, edy_ort_settings settings, uint64_t seed,
                               edy_peer **peer, edy_error *err);
void edy_peer_destroy(edy_peer *peer); /* NULL is allowed */

const char *edy_peer_name(const edy_peer *peer); /* "edyno 0.1.0, avx2, 1 thread" */
size_t edy_peer_input_count(const edy_peer *peer);
size_t edy_peer_output_count(const edy_peer *peer);
edy_peer_port edy_peer_input(const edy_peer *peer, size_t index);
edy_peer_port edy_peer_output(const edy_peer *peer, size_t index);
size_t edy_peer_facts(const edy_peer *peer, const edy_peer_fact **facts);

edy_status edy_peer_run(edy_peer *peer, edy_error *err);

/* The input that every engine gets: floats uniform in [-1, 1), bytes uniform over their range,
 * larger integers 0. Depends on seed, dtype and count only. data [count * bytes of dtype]. */
void edy_peer_fill(edy_dtype dtype, size_t count, uint64_t seed, void *data);

/* The child's side of the protocol of bench/block_child.h: says that it is ready, then answers
 * blocks until `in` ends. EDY_BAD_ARGUMENT for a line that is not the protocol's. */
edy_status edy_peer_serve(edy_peer *peer, const edy_clock *clock, FILE *in, FILE *out,
                          edy_error *err);

#endif
