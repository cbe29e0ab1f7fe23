/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* An engine in a process of its own that does blocks of inferences on request.
 *
 * The block protocol, which any program can speak on its stdin and stdout, one line each way:
 *
 *   child   ready [KEY=NUMBER ...] [name=TEXT]   after the model is loaded and has run once; TEXT
 *                                                goes to the end of the line. Keys used here:
 *                                                start_ns (load, plan, first inference), rss (peak,
 *                                                bytes); others are kept as they are
 *   parent  go NANOSECONDS                       do inferences for about so long
 *   child   ns TIME COUNT                        TIME: nanoseconds an inference, best the median
 *                                                of this block; COUNT: how many there were
 *   ...     go and ns again, as often as the parent likes
 *   parent  closes the child's stdin             the child ends with code 0
 *
 * So loading is outside of all blocks, and the parent decides when each engine has the machine. A
 * child warms up inside "go", before it starts to count. `edyno peer` is such a child. */
#ifndef EDY_BLOCK_CHILD_H
#define EDY_BLOCK_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "bench/peer.h"
#include "engine/status.h"

typedef struct edy_block_child edy_block_child;

/* What a child said of itself. */
typedef struct edy_child_facts {
    char name[160]; /* "" where it gave none */
    size_t n;
    edy_peer_fact fact[EDY_PEER_FACTS]; /* more than that are dropped */
} edy_child_facts;

/* NAN where the child did not state it. */
double edy_child_fact(const edy_child_facts *facts, const char *key);

/* Runs `/bin/sh -c command` in a process group of its own and waits for its ready line; it inherits
 * the caller's CPUs and stderr. EDY_IO where it ends, or says nothing for so many seconds; EDY_BAD_
 * FILE where it says something else. From now on the process ignores SIGPIPE. */
edy_status edy_block_child_start(const char *command, double seconds, edy_block_child **child,
                                 edy_error *err);
const edy_child_facts *edy_block_child_facts(const edy_block_child *child);

/* One block. *ns is the time an inference (> 0), *count how many (>= 1). Errors as above. */
edy_status edy_block_child_go(edy_block_child *child, int64_t block_ns, double seconds, double *ns,
                              int64_t *count, edy_error *err);

/* Closes its stdin and waits for it; EDY_IO where it does not end with code 0 in so many seconds.
 * Frees in any case. NULL is allowed. */
edy_status edy_block_child_end(edy_block_child *child, double seconds, edy_error *err);
/* Kills it (and what it started). NULL is allowed. */
void edy_block_child_kill(edy_block_child *child);

/* A command of any kind, from its start to its end: wall time in nanoseconds. Its stdout goes to
 * /dev/null. EDY_IO where it does not end with code 0 in so many seconds. */
edy_status edy_whole_process(const char *command, double seconds, double *ns, edy_error *err);

#endif
