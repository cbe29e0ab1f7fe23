/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/peer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/memory.h"
#include "bench/stats.h"

struct edy_peer {
    char name[160];
    size_t n_facts;
    edy_peer_fact fact[EDY_PEER_FACTS];
    void *input[EDY_PEER_PORTS], *output[EDY_PEER_PORTS]; /* output: ours only */
    /* Ours: */
    edy_threads *pool;
    edy_plan *plan;
    /* Theirs: */
    edy_ort *ort;
    edy_ort_session *session;
};

void edy_peer_fill(edy_dtype dtype, size_t count, uint64_t seed, void *data) {
    uint64_t state = seed;
    float *f = data;
    uint8_t *bytes = data;
    if (dtype == EDY_F32)
        for (size_t i = 0; i < count; i++)
            f[i] = (float)(edy_random_next(&state) >> 40) / 8388608.0f - 1.0f;
    else if (dtype == EDY_U8 || dtype == EDY_S8)
        for (size_t i = 0; i < count; i++)
            bytes[i] = (uint8_t)(edy_random_next(&state) >> 56);
    else
        memset(data, 0, count * edy_dtype_bytes(dtype));
}

static void add_fact(edy_peer *peer, const char *key, double value) {
    assert(peer->n_facts < EDY_PEER_FACTS);
    edy_peer_fact *fact = &peer->fact[peer->n_facts++];
    snprintf(fact->key, sizeof fact->key, "%s", key);
    fact->value = value;
}

static edy_status fill_inputs(edy_peer *peer, uint64_t seed, edy_error *err) {
    for (size_t i = 0; i < edy_peer_input_count(peer); i++) {
        const edy_peer_port port = edy_peer_input(peer, i);
        peer->input[i] = malloc(port.bytes + 1);
        if (!peer->input[i])
            return edy_fail(err, EDY_NO_MEMORY, "no memory for an input of %zu bytes", port.bytes);
        edy_peer_fill(port.dtype, port.bytes / edy_dtype_bytes(port.dtype), seed + i,
                      peer->input[i]);
    }
    return EDY_OK;
}

/* The first inference; start_ns is what came before it. */
static edy_status run_first(edy_peer *peer, double start_ns, edy_error *err) {
    const edy_clock clock = edy_clock_system();
    const int64_t begun = edy_now_ns(&clock);
    const edy_status st = edy_peer_run(peer, err);
    add_fact(peer, "start_ns", start_ns + (double)(edy_now_ns(&clock) - begun));
    add_fact(peer, "rss", (double)edy_peak_rss_bytes());
    return st;
}

/* ---- Ours ------------------------------------------------------------------------------------ */

static edy_status make_outputs(edy_peer *peer, edy_error *err) {
    const int32_t n_in = edy_plan_input_count(peer->plan);
    const int32_t n_out = edy_plan_output_count(peer->plan);
    if (n_in > EDY_PEER_PORTS || n_out > EDY_PEER_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED,
                        "the model has %d inputs and %d outputs; the most is %d", n_in, n_out,
                        EDY_PEER_PORTS);
    for (int32_t i = 0; i < n_out; i++)
        if (!(peer->output[i] = calloc(1, edy_plan_output(peer->plan, i)->bytes + 1)))
            return edy_fail(err, EDY_NO_MEMORY, "no memory for an output");
    return EDY_OK;
}

static void note_plan(edy_peer *peer, unsigned threads) {
    const edy_plan_memory m = edy_plan_memory_use(peer->plan);
    uint64_t macs = 0;
    for (int32_t i = 0; i < edy_plan_step_count(peer->plan); i++)
        macs += edy_plan_step_at(peer->plan, i).macs;
    add_fact(peer, "arena", (double)m.arena_bytes);
    add_fact(peer, "arena_bound", (double)m.arena_lower_bound_bytes);
    add_fact(peer, "macs", (double)(macs * edy_plan_groups(peer->plan)));
    snprintf(peer->name, sizeof peer->name, "edyno %s, %.60s, %u thread%s", EDYNO_VERSION,
             edy_plan_backend(peer->plan)->name, threads, threads == 1 ? "" : "s");
}

edy_status edy_peer_create_own(const edy_graph *graph, double load_ns, const edy_backend *backend,
                               unsigned threads, int64_t batch, uint64_t seed, edy_peer **out,
                               edy_error *err) {
    const edy_clock clock = edy_clock_system();
    edy_peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for an engine");
    edy_status st = EDY_OK;
    const int64_t begun = edy_now_ns(&clock);
    if (threads > 1)
        st = edy_threads_create(threads, NULL, NULL, &peer->pool, err);
    const edy_plan_options options = {.backend = backend, .threads = peer->pool, .batch = batch};
    st = st ? st : edy_plan_create(graph, &options, &peer->plan, err);
    const double planned = (double)(edy_now_ns(&clock) - begun);
    st = st ? st : make_outputs(peer, err);
    st = st ? st : fill_inputs(peer, seed, err);
    st = st ? st : run_first(peer, load_ns + planned, err);
    if (st)
        goto fail;
    note_plan(peer, threads);
    *out = peer;
    return EDY_OK;
fail:
    edy_peer_destroy(peer);
    return st;
}

/* ---- ONNX Runtime ---------------------------------------------------------------------------- */

edy_status edy_peer_create_ort(const char *library, const char *model, unsigned threads,
                               int64_t batch, edy_ort_settings settings, uint64_t seed,
                               edy_peer **out, edy_error *err) {
    const edy_clock clock = edy_clock_system();
    edy_peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for an engine");
    edy_status st = edy_ort_open(library, &peer->ort, err);
    if (st)
        goto fail;
    snprintf(peer->name, sizeof peer->name, "ONNX Runtime %.40s, %s settings, %u thread%s",
             edy_ort_version(peer->ort), settings == EDY_ORT_EXACT ? "exact" : "default", threads,
             threads == 1 ? "" : "s");
    const int64_t begun = edy_now_ns(&clock);
    st = edy_ort_session_create(peer->ort, model, threads, batch ? batch : 1, settings,
                                &peer->session, err);
    const double created = (double)(edy_now_ns(&clock) - begun);
    st = st ? st : fill_inputs(peer, seed, err);
    for (size_t i = 0; !st && i < edy_peer_input_count(peer); i++)
        st = edy_ort_bind(peer->session, i, peer->input[i], err);
    st = st ? st : run_first(peer, created, err);
    if (st)
        goto fail;
    *out = peer;
    return EDY_OK;
fail:
    edy_peer_destroy(peer);
    return st;
}

/* ---- Both ------------------------------------------------------------------------------------ */

void edy_peer_destroy(edy_peer *peer) {
    if (!peer)
        return;
    edy_ort_session_destroy(peer->session);
    edy_ort_close(peer->ort);
    edy_plan_destroy(peer->plan);
    edy_threads_destroy(peer->pool);
    for (size_t i = 0; i < EDY_PEER_PORTS; i++) {
        free(peer->input[i]);
        free(peer->output[i]);
    }
    free(peer);
}

const char *edy_peer_name(const edy_peer *peer) {
    return peer->name;
}

size_t edy_peer_facts(const edy_peer *peer, const edy_peer_fact **facts) {
    *facts = peer->fact;
    return peer->n_facts;
}

size_t edy_peer_input_count(const edy_peer *peer) {
    return peer->session ? edy_ort_input_count(peer->session)
                         : (size_t)edy_plan_input_count(peer->plan);
}

size_t edy_peer_output_count(const edy_peer *peer) {
    return peer->session ? edy_ort_output_count(peer->session)
                         : (size_t)edy_plan_output_count(peer->plan);
}

static edy_peer_port own_port(const edy_plan_port *p, const void *data) {
    return (edy_peer_port){p->name, p->dtype, p->shape, p->bytes, data};
}

static edy_peer_port ort_port(const edy_ort_port *p, const void *data) {
    return (edy_peer_port){p->name, p->dtype, p->shape, p->bytes, data};
}

edy_peer_port edy_peer_input(const edy_peer *peer, size_t index) {
    if (peer->session)
        return ort_port(edy_ort_input(peer->session, index), peer->input[index]);
    return own_port(edy_plan_input(peer->plan, (int32_t)index), peer->input[index]);
}

edy_peer_port edy_peer_output(const edy_peer *peer, size_t index) {
    if (peer->session)
        return ort_port(edy_ort_output(peer->session, index),
                        edy_ort_output_data(peer->session, index));
    return own_port(edy_plan_output(peer->plan, (int32_t)index), peer->output[index]);
}

edy_status edy_peer_run(edy_peer *peer, edy_error *err) {
    if (peer->session)
        return edy_ort_run(peer->session, err);
    edy_plan_run(peer->plan, (const void *const *)peer->input, peer->output);
    return EDY_OK;
}
