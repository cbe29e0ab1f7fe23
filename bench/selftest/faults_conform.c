/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Whole models on backends with a fault: for conform, for run, and for the check between two
 * engines. */
#include <math.h>
#include <string.h>

#include "bench/conform_case.h"
#include "bench/peer_check.h"
#include "bench/run_case.h"
#include "bench/selftest/fault_net.h"

static const edy_backend faulty = {"faulty", "selftest", 0, edy_fault_net_fill};

/* How a case of conform is asked. */
typedef struct setting {
    bool integer, nodes;
    int64_t threads, batch;           /* harmed */
    int64_t calm_threads, calm_batch; /* of the control, on the same faulty kernels; 0: the control
                                         has kernels without fault */
} setting;

static void ask_case(const edy_fault *fault, const char *folder, bool harmed,
                     edy_gate_answer *answer) {
    (void)folder;
    const setting *s = fault->with;
    const bool calm = !harmed && s->calm_threads;
    const edy_workload workload = {.name = "selftest"};
    edy_fault_net net;
    if (edy_fault_net_create(answer, s->integer, &net)) {
        const edy_conform_job job = {.workload = &workload,
                                     .graph = net.graph,
                                     .golden = net.golden,
                                     .backend = &faulty,
                                     .threads = calm ? s->calm_threads : s->threads,
                                     .batch = calm ? s->calm_batch : s->batch,
                                     .nodes = s->nodes};
        edy_conform_case c = {.nodes.share = -1};
        edy_fault_net_harm(harmed || calm ? fault->kind : EDY_NET_UNHARMED);
        edy_conform_run_apart(&job, &c);
        if (c.result.verdict != EDY_VERDICT_PASS)
            edy_gate_fires(answer, "%s: %s", edy_verdict_text(c.result.verdict), c.result.reason);
    }
    edy_fault_net_destroy(&net);
}

/* A golden folder that someone took away, or an oracle's opinion that is taken for a golden. */
static void ask_golden_gone(const edy_fault *fault, const char *folder, bool harmed,
                            edy_gate_answer *answer) {
    (void)fault;
    char model[EDY_FAULT_PATH], golden[EDY_FAULT_PATH];
    const int64_t one = 1;
    const edy_backend *const list[] = {&faulty};
    const edy_conform_options options = {.backend = list,
                                         .n_backends = 1,
                                         .threads = &one,
                                         .n_threads = 1,
                                         .batch = &one,
                                         .n_batches = 1,
                                         .share = "",
                                         .seed = 1};
    edy_fault_path(folder, "selftest.net", model);
    edy_fault_write(answer, model, edy_fault_net_text, strlen(edy_fault_net_text));
    const edy_variant variant = {.name = "fp32",
                                 .model_path = model,
                                 .golden_dir =
                                     harmed ? edy_fault_path(folder, "golden", golden) : NULL};
    const edy_workload workload = {.name = "selftest", .variant = &variant, .n_variants = 1};
    edy_conform_table table = {.row = NULL};
    edy_error err;
    edy_fault_net_harm(EDY_NET_UNHARMED);
    if (edy_conform_variant(&workload, &variant, &options, &table, &err))
        edy_gate_trouble(answer, "%s", err.message);
    else if (edy_conform_exit_code(&table) == 1)
        edy_gate_fires(answer, "%s: %s", edy_verdict_text(table.row[0].result.verdict),
                       table.row[0].result.reason);
    edy_conform_table_free(&table);
}

/* ---- Run ------------------------------------------------------------------------------------- */

static void report_record(edy_gate_answer *answer, const edy_record *r) {
    if (edy_record_has_latency(r))
        return;
    const bool doubted = r->verdict != EDY_VERDICT_FAIL && r->n_doubts;
    edy_gate_fires(answer, "no latency; %s: %s", edy_verdict_text(r->verdict),
                   doubted ? r->doubt[r->n_doubts - 1].text : r->verdict_reason);
}

/* Times the network on the faulty backend (kind of the fault), or on an emulated machine (-1). */
static void ask_run(const edy_fault *fault, const char *folder, bool harmed,
                    edy_gate_answer *answer) {
    const edy_clock clock = edy_clock_system();
    edy_sampler_options sampler = edy_sampler_defaults();
    edy_fault_net net;
    edy_feed *feed = NULL;
    edy_record record;
    edy_error err;
    char model[EDY_FAULT_PATH];
    sampler.min_time_s = sampler.warmup_s = 0.001;
    sampler.min_samples = 6;
    edy_fault_path(folder, "selftest.net", model);
    edy_fault_write(answer, model, edy_fault_net_text, strlen(edy_fault_net_text));
    const edy_variant variant = {.name = "fp32", .model_path = model};
    const edy_workload workload = {.name = "selftest", .variant = &variant, .n_variants = 1};
    const edy_run_setup setup = {
        .clock = &clock, .sampler = sampler, .emulated = harmed && fault->kind < 0};
    edy_fault_net_harm(harmed && fault->kind > 0 ? fault->kind : EDY_NET_UNHARMED);
    edy_record_init(&record);
    if (edy_fault_net_create(answer, false, &net)) {
        const edy_feed_options options = {.workload = &workload,
                                          .variant = &variant,
                                          .graph = net.graph,
                                          .batch = 1,
                                          .share = ""};
        edy_status st = edy_feed_create(&options, &feed, &err);
        const edy_run_job job = {.workload = &workload,
                                 .variant = &variant,
                                 .backend = &faulty,
                                 .threads = 1,
                                 .feed = feed,
                                 .accuracy = &(edy_accuracy){.top1 = NAN},
                                 .model_sha256 = "",
                                 .model_bytes = -1};
        st = st ? st : edy_run_case(&setup, &job, &record, &err);
        if (st)
            edy_gate_trouble(answer, "%s", err.message);
        else
            report_record(answer, &record);
    }
    edy_record_clear(&record);
    edy_feed_destroy(feed);
    edy_fault_net_destroy(&net);
}

/* ---- Two engines, and names ------------------------------------------------------------------ */

static void ask_peer(const edy_fault *fault, const char *folder, bool harmed,
                     edy_gate_answer *answer) {
    (void)folder;
    const setting *s = fault->with;
    const edy_backend *scalar = edy_backend_at(edy_backend_count() - 1);
    edy_fault_net net;
    edy_peer *ours = NULL, *theirs = NULL;
    edy_peer_check check = {.same = true};
    edy_error err;
    edy_fault_net_harm(harmed ? fault->kind : EDY_NET_UNHARMED);
    if (edy_fault_net_create(answer, s->integer, &net)) {
        edy_status st = edy_peer_create_own(net.graph, 0, scalar, 1, 1, 1, &ours, &err);
        st = st ? st : edy_peer_create_own(net.graph, 0, &faulty, 1, 1, 1, &theirs, &err);
        st = st ? st : edy_peer_compare(net.graph, ours, theirs, &check, &err);
        if (st)
            edy_gate_trouble(answer, "%s", err.message);
        else if (!check.same)
            edy_gate_fires(answer, "%s", check.text);
    }
    edy_peer_destroy(ours);
    edy_peer_destroy(theirs);
    edy_fault_net_destroy(&net);
}

static void ask_name(const edy_fault *fault, const char *folder, bool harmed,
                     edy_gate_answer *answer) {
    (void)fault, (void)folder;
    const edy_backend *backend = NULL;
    edy_error err;
    if (edy_backend_find(harmed ? "avx1024" : "scalar", &backend, &err))
        edy_gate_fires(answer, "%s", err.message);
}

#define CONFORM "conform"
#define RUN "run"
#define PEER "check of two engines"
static const setting threads = {.threads = 2, .batch = 1, .calm_threads = 1, .calm_batch = 1};
static const setting batches = {.threads = 1, .batch = 2, .calm_threads = 1, .calm_batch = 1};
static const setting plain = {.threads = 1, .batch = 1};
static const setting by_node = {.threads = 1, .batch = 1, .nodes = true};
static const setting integers = {.integer = true, .threads = 1, .batch = 1};

const edy_fault edy_faults_conform[] = {
    {"thread-count-dependent", CONFORM, "FAIL: ", ask_case, EDY_NET_THREAD, &threads},
    {"image-place-dependent", CONFORM, "FAIL: ", ask_case, EDY_NET_IMAGE, &batches},
    {"stale-output", CONFORM, "node dense_4 (Gemm): element 0", ask_case, EDY_NET_STALE, &plain},
    {"one-half-precision-rounding", CONFORM, "node dense", ask_case, EDY_NET_HALF, &by_node},
    {"crash-in-a-case", CONFORM, "CRASH: died of", ask_case, EDY_NET_DIES, &plain},
    {"integer-off-by-one", CONFORM, "node dense_4 (Gemm): element 0", ask_case, EDY_NET_INTEGER,
     &integers},
    {"golden-taken-away", CONFORM, "FAIL: ", ask_golden_gone, 0, NULL},
    {"timed-but-wrong", RUN, "no latency; FAIL", ask_run, EDY_NET_NAN, NULL},
    {"time-of-an-emulator", RUN, "instructions are emulated", ask_run, -1, NULL},
    {"float-peer-differs", PEER, "theirs: ", ask_peer, EDY_NET_NAN, &plain},
    {"integer-peer-differs", PEER, "of 20 output bytes differ", ask_peer, EDY_NET_INTEGER,
     &integers},
    {"backend-of-no-name", "choice of backend", "avx1024", ask_name, 0, NULL},
    {.name = NULL}};
