/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The one result struct: what `edyno run` measured, and all that reports and compare see of it.
 *
 * A record is one case under one context (machine, build, run). "Not measured" is never 0: a double
 * is NAN, an int64_t is -1, a text is "". In JSON these are null (numbers) or "" (texts).
 *
 * Times are nanoseconds. One inference is one edy_plan_run of `batch` images: divide by batch for
 * the time of one image. */
#ifndef EDY_RECORD_H
#define EDY_RECORD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/verdict.h"
#include "engine/status.h"

/* Grows when a field changes its meaning or goes; new fields alone do not change it. */
enum { EDY_SCHEMA_VERSION = 1 };

enum {
    EDY_NAME_BYTES = 128, /* names and short texts, with the NUL */
    EDY_TEXT_BYTES = 512, /* sentences, flags, lists */
    EDY_MAX_DOUBTS = 12,  /* a record; also a context */
    EDY_MAX_CACHES = 16,
    EDY_MAX_REPETITIONS = 100,
    EDY_SAMPLES_CAP = 10000, /* samples kept a record; above it they are thinned uniformly */
    EDY_MAX_RECORDS = 100000 /* in one file, when read */
};

/* ---- One case ------------------------------------------------------------------------------- */

/* A reason not to trust a number, and what to do: "load average is 3.2 on 2 cores; stop other work
 * and run again". `code` is for programs: "load", "frequency", "emulated", "drift", ... */
typedef struct edy_doubt {
    char code[32];
    char text[240];
} edy_doubt;

typedef enum edy_sample_kind {
    EDY_SAMPLES_NONE,   /* no latency: wrong output, emulation, not run. Nothing below is set. */
    EDY_SAMPLES_SINGLE, /* a sample is the time of one inference */
    EDY_SAMPLES_MEANS   /* a sample is the mean of per_sample inferences: say "of means of n" */
} edy_sample_kind;

typedef struct edy_latency {
    edy_sample_kind kind;
    int64_t per_sample;  /* n of "means of n"; 1 where single */
    int64_t iterations;  /* timed inferences in all */
    int64_t taken;       /* samples taken; iterations / per_sample */
    int64_t thinning;    /* 1: all samples are kept; k: every k-th, because taken exceeds the cap */
    int64_t repetitions; /* blocks of equal time that the samples were taken in */
    size_t n_samples;    /* kept; <= EDY_SAMPLES_CAP */
    double *samples_ns;  /* [n_samples] in the order of time; owned by the record */
    /* Of all samples taken: */
    double mean_ns, min_ns, max_ns;
    /* Of the samples kept. Percentiles: Hyndman and Fan (1996), definition 7 (linear between order
     * statistics, the default of R and numpy). */
    double median_ns, p90_ns, p99_ns;
    double mad_ns; /* median of |sample - median|, not scaled */
    /* Distribution-free 95 % interval of the median by order statistics (binomial, p = 1/2). NAN
     * where fewer than 6 samples exist: no such interval then has 95 %. */
    double median_low_ns, median_high_ns;
    double rep_median_ns[EDY_MAX_REPETITIONS]; /* [repetitions], of the kept samples of each */
    double cpu_time_ns; /* CPU time of the whole process an inference, all threads */
    int64_t outliers;   /* kept samples with a modified z above 3.5 (Iglewicz and Hoaglin 1993) */
} edy_latency;

/* Bytes. */
typedef struct edy_memory_use {
    int64_t weights, packed, arena, arena_lower_bound, indirection;
    int64_t peak_rss;      /* of a fresh process that loads, plans and runs this case once */
    int64_t peak_rss_base; /* of the same process before it loads: the program alone */
} edy_memory_use;

typedef struct edy_accuracy {
    int64_t n;        /* images classified, each once; 0: accuracy was not measured */
    int64_t correct;  /* top-1 equals the label */
    int64_t golden_n; /* of these, images whose class the golden states */
    int64_t agree;    /* of golden_n, same class as the golden's */
    double top1;      /* correct / n; NAN where n is 0 */
} edy_accuracy;

typedef enum edy_counter_kind {
    EDY_COUNTERS_NONE,
    EDY_COUNTERS_SOFTWARE, /* kernel software events, or getrusage where even they are refused */
    EDY_COUNTERS_HARDWARE  /* also instructions and cycles */
} edy_counter_kind;

/* Sums over the timed inferences (edy_latency.iterations of them), all threads. */
typedef struct edy_counts {
    edy_counter_kind kind;
    char reason[EDY_TEXT_BYTES]; /* why there are no hardware counters, and what to change; or "" */
    int64_t instructions, cycles;
    int64_t task_clock_ns, page_faults, context_switches;
    double scaled; /* share of the time the hardware counters really ran; 1 unless multiplexed */
} edy_counts;

typedef struct edy_record {
    char name[EDY_NAME_BYTES * 3]; /* workload/variant/backend/threads:N */
    char workload[EDY_NAME_BYTES], variant[EDY_NAME_BYTES], backend[EDY_NAME_BYTES];
    int64_t threads, batch;
    char dataset[EDY_NAME_BYTES]; /* where inputs came from: "fashion-mnist", "synthetic" */
    char model_sha256[65];        /* hex of the model file; "" where unknown */
    int64_t model_bytes;          /* size of the model file */
    int64_t macs;                 /* multiply-accumulates an inference */
    int64_t seed;                 /* 0..2^53, exact in JSON */

    edy_verdict verdict;                 /* of the output of the last timed inference */
    char verdict_reason[EDY_TEXT_BYTES]; /* "" for PASS */
    double budget_share; /* share of the float error budget used; 0 for exact integers; or NAN */

    edy_latency latency;
    double first_ns, load_ns, plan_ns; /* first inference after plan; reading the model; planning */
    edy_memory_use memory;
    edy_accuracy accuracy;
    edy_counts counts;
    size_t n_doubts;
    edy_doubt doubt[EDY_MAX_DOUBTS];
} edy_record;

/* A record with everything "not measured". */
void edy_record_init(edy_record *record);
/* Frees the samples; the record itself is the caller's. NULL is allowed. */
void edy_record_clear(edy_record *record);
/* Sets name from workload, variant, backend and threads; "/batch:N" is added where batch > 1. */
void edy_record_set_name(edy_record *record);
/* Adds a doubt (printf format); more than EDY_MAX_DOUBTS and repeated codes are dropped. */
void edy_record_doubt(edy_record *record, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline bool edy_record_has_latency(const edy_record *record) {
    return record->latency.kind != EDY_SAMPLES_NONE;
}

/* ---- The run it belongs to ------------------------------------------------------------------ */

typedef struct edy_cache {
    int64_t level;
    char type[16]; /* "unified", "data", "instruction" */
    int64_t bytes, line_bytes;
    int64_t count;     /* caches of this kind in the machine */
    int64_t shared_by; /* logical CPUs that share one */
} edy_cache;

typedef enum edy_tristate { EDY_UNKNOWN = -1, EDY_NO = 0, EDY_YES = 1 } edy_tristate;

typedef struct edy_context {
    int64_t schema_version;
    char edyno_version[EDY_NAME_BYTES];
    char date[40];                    /* start of the run, ISO 8601 with offset */
    char command[EDY_TEXT_BYTES * 2]; /* as typed, for "how to reproduce" */
    int64_t seed;
    /* machine */
    char cpu_model[EDY_NAME_BYTES];
    char arch[32];                     /* as compiled: "x86_64", "aarch64" */
    char cpu_features[EDY_TEXT_BYTES]; /* those edyno knows: "sse4.1 avx2 fma" */
    char backends[EDY_TEXT_BYTES];     /* that run here: "avx2 scalar" */
    int64_t cpus, cores, packages, numa_nodes, core_kinds;
    double mhz; /* at the start of the run, of CPU 0 */
    size_t n_caches;
    edy_cache cache[EDY_MAX_CACHES];
    int64_t ram_bytes;
    char os[EDY_NAME_BYTES];       /* "Linux 6.1.0 x86_64" */
    char governor[EDY_NAME_BYTES]; /* of CPU 0; "" where the kernel shows none */
    edy_tristate scaling;          /* the clock may change while measuring */
    edy_tristate turbo;
    double load_avg[3];                  /* 1, 5, 15 minutes, at the start */
    char virtualisation[EDY_NAME_BYTES]; /* "none", "kvm", "qemu-user", ... "" unknown */
    bool emulated; /* instructions are emulated: no wall time is performance */
    /* build */
    char compiler[EDY_NAME_BYTES]; /* "GNU 12.2.0" */
    char flags[EDY_TEXT_BYTES];
    char build_type[EDY_NAME_BYTES];
    char git_commit[EDY_NAME_BYTES]; /* "unknown" outside a git tree; "-dirty" when modified */
    /* instrument */
    bool pinned;                                   /* threads are bound to one core each */
    double timer_resolution_ns, timer_overhead_ns; /* of two clock readings in a row */
    double empty_workload_ns;    /* what the sampler reports for a function that does nothing */
    int64_t perf_event_paranoid; /* -1000 where unreadable (the setting itself can be -1) */
    size_t n_doubts;             /* about the whole run */
    edy_doubt doubt[EDY_MAX_DOUBTS];
} edy_context;

void edy_context_init(edy_context *context);
void edy_context_doubt(edy_context *context, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- The results document ------------------------------------------------------------------- */

typedef struct edy_results {
    edy_context context;
    edy_record *records; /* [n] in the order they were made */
    size_t n, capacity;
    bool complete; /* false: read from a journal that ends in mid-run or in mid-line */
} edy_results;

edy_status edy_results_create(edy_results **results, edy_error *err);
void edy_results_destroy(edy_results *results); /* NULL is allowed */
/* Moves *record into the document; on success *record is left initialised and empty. */
edy_status edy_results_add(edy_results *results, edy_record *record, edy_error *err);

/* results.json: {"context": {...}, "benchmarks": [...], "unmeasured": [...]}: a superset of Google
 * Benchmark's. A case with a latency is one entry of benchmarks with run_type "iteration"
 * (real_time is the mean) and one aggregate, "<name>_median", which readers of ours skip. A case
 * without one is an entry of unmeasured with error_occurred and error_message: Google Benchmark's
 * own files give it a real_time of 0 among the others, and its tools then call it 100 % faster. All
 * fields above stand beside them by their own names, latency, memory, accuracy and counters as
 * objects. */
edy_status edy_results_print_json(const edy_results *results, FILE *stream, edy_error *err);
/* The same into a file, written beside it and renamed: it is whole or not there. */
edy_status edy_results_write_json(const edy_results *results, const char *path, edy_error *err);

/* Reads results.json, or results.jsonl (told apart by content). Every type and range is checked;
 * the message names file, record, field and value. A journal whose last line is cut off gives all
 * records before it, complete = false. EDY_BAD_FILE, EDY_IO, EDY_LIMIT, EDY_NO_MEMORY. */
edy_status edy_results_read(const char *path, edy_results **results, edy_error *err);

/* results.jsonl: one JSON object a line: first {"context": ...}, then each record as it is made, at
 * last {"complete": true}. Each line is on disk (fsync) when the call returns. */
typedef struct edy_journal edy_journal;
edy_status edy_journal_open(const char *path, const edy_context *context, edy_journal **journal,
                            edy_error *err);
edy_status edy_journal_append(edy_journal *journal, const edy_record *record, edy_error *err);
/* complete: says that the run came to its end. Closes and frees even on failure. NULL is allowed.
 */
edy_status edy_journal_close(edy_journal *journal, bool complete, edy_error *err);

#endif
