/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A/B: which of two commands is faster, measured so that the machine's moods cancel.
 *
 *   round   1        2        3        4       ...      each side does one block a round
 *   order   base new new base base new new base         ABBA: whoever was second begins next, so a
 *   ratio   b1/n1    b2/n2    b3/n3    b4/n4            steady drift falls on both alike
 *
 * The result is the median of the rounds' ratios base/new (above 1: new is faster) with a
 * distribution-free 95 % interval (edy_paired_ratio in bench/stats.h). Two sides never share a
 * process; while one works the other waits for its next line. */
#ifndef EDY_AB_H
#define EDY_AB_H

#include <stdint.h>
#include <stdio.h>

#include "bench/block_child.h"
#include "bench/pin.h"
#include "bench/record.h"
#include "bench/stats.h"

enum { EDY_AB_FEWEST_ROUNDS = 7, EDY_AB_MOST_ROUNDS = 1000 };

/* X(name, text, unit): what one sample of a side is. */
#define EDY_AB_MEASURE_MAP(X)                                                                      \
    X(INFERENCE, "inference", "ns") /* a block's time an inference; children live all the time */  \
    X(START, "start", "ns")         /* a fresh child's start_ns: load, plan, first inference */    \
    X(RSS, "rss", "bytes")          /* a fresh child's peak memory after its first inference */    \
    X(PROCESS, "process", "ns")     /* a command of any kind: wall time from start to end */

typedef enum edy_ab_measure {
#define EDY_AB_ENUM(name, text, unit) EDY_AB_##name,
    EDY_AB_MEASURE_MAP(EDY_AB_ENUM)
#undef EDY_AB_ENUM
} edy_ab_measure;
const char *edy_ab_measure_text(edy_ab_measure measure);
/* False where no measure has the name. */
bool edy_ab_measure_find(const char *text, edy_ab_measure *measure);

typedef enum edy_ab_verdict {
    EDY_AB_FASTER,  /* new is faster (or smaller): the whole interval is above 1 */
    EDY_AB_SLOWER,  /* the whole interval is below 1 */
    EDY_AB_SAME,    /* 1 is inside, and so is the interval within the tolerance */
    EDY_AB_CANT_SAY /* 1 is inside, and a difference beyond the tolerance may be too */
} edy_ab_verdict;
const char *edy_ab_verdict_text(edy_ab_verdict verdict); /* "faster", ... */

/* tolerance: 0.05 for 5 %. An interval that is NAN cannot say. */
edy_ab_verdict edy_ab_judge(const edy_ratio *ratio, double tolerance);

typedef struct edy_ab_side {
    char *command;
    edy_child_facts facts; /* what its last child said of itself */
    double *value;         /* [rounds] in the measure's unit */
    double *inferences;    /* [rounds] in that block; 1 where a sample is a process */
} edy_ab_side;

typedef struct edy_ab {
    char tag[EDY_NAME_BYTES]; /* free text for whoever reads the file; "" for none */
    edy_ab_measure measure;
    int64_t threads; /* the cores that both sides were bound to; 0: not bound */
    double block_s, tolerance;
    size_t rounds;
    edy_ab_side base, now;
    edy_ratio ratio; /* base / new */
    edy_ab_verdict verdict;
    /* Between two cores, before and after (bench/ping_pong.h); NAN where not measured. */
    double ping_before_ns, ping_after_ns;
} edy_ab;

typedef struct edy_ab_options {
    const char *tag, *base, *now; /* tag NULL: none */
    edy_ab_measure measure;
    size_t rounds; /* 1..EDY_AB_MOST_ROUNDS; fewer than 6 have no interval */
    double block_s, tolerance, timeout_s;
    edy_pinning *pinning; /* NULL: sides are not bound */
    int64_t threads;      /* cores to bind to; from 2 on the latency between cores is measured */
} edy_ab_options;

/* Runs it. The message of a failure says which side it was. */
edy_status edy_ab_run(const edy_ab_options *options, edy_ab **ab, edy_error *err);
void edy_ab_destroy(edy_ab *ab); /* NULL is allowed */

/* Which side begins a round (0-based): true where it is base. */
bool edy_ab_base_first(size_t round);

/* Two lines of medians, the ratio, the verdict as a sentence. */
void edy_ab_print(const edy_ab *ab, FILE *out);
/* One JSON object with all samples; context (may be NULL) as in results.json. The file is whole or
 * not there. */
edy_status edy_ab_write_json(const edy_ab *ab, const edy_context *context, const char *path,
                             edy_error *err);
/* And back, every type and range checked; facts and samples too, not the context. EDY_IO,
 * EDY_BAD_FILE naming file and field. */
edy_status edy_ab_read_json(const char *path, edy_ab **ab, edy_error *err);

#endif
