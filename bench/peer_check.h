/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Do two engines give the same answers? */
#ifndef EDY_PEER_CHECK_H
#define EDY_PEER_CHECK_H

#include <stdbool.h>

#include "bench/peer.h"

typedef struct edy_peer_check {
    bool same;
    char text[600]; /* what was compared and what was found, no newline */
} edy_peer_check;

/* Runs both on the same inputs and compares. The graph is as imported. One with quantizers: every
 * output byte for byte. A float one: both within the budget of conform.h against a run of the
 * double-precision oracle, at batch 1 (EDY_UNSUPPORTED otherwise, or where the oracle does not know
 * an operator). Fails with EDY_BAD_FILE where inputs differ in number, dtype or size. */
edy_status edy_peer_compare(const edy_graph *graph, edy_peer *own, edy_peer *other,
                            edy_peer_check *check, edy_error *err);

#endif
