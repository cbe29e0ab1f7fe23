/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* How far two cores are from each other: two bound threads hand one cache line to and fro.
 *
 * A virtual machine's CPUs can be moved between caches of the host, and every barrier of a pool
 * then costs a multiple. Seen on guests of Zen 3 and Zen 4 hosts: 60-75 ns a round trip while the
 * two share a last-level cache ("near"), 320-360 ns while they do not ("far"), changing within
 * minutes; small networks on two threads took twice as long in the far state. The limit between the
 * two, 150 ns, is the geometric mean of 75 and 320. */
#ifndef EDY_PING_PONG_H
#define EDY_PING_PONG_H

#include <stddef.h>

#include "bench/pin.h"

#define EDY_NEAR_BELOW_NS 150.0

/* Median time of a round trip between the cores of workers 0 and 1, nanoseconds, over batches of
 * 100 round trips for 0.1 s (some ms at least). The calling thread is bound while it lasts and has
 * all of the pinning's CPUs afterwards. EDY_UNSUPPORTED where there is one core or binding fails,
 * EDY_NO_MEMORY. */
edy_status edy_ping_pong(edy_pinning *pinning, double *ns, edy_error *err);

/* "near", "far"; "not measured" for NAN. */
const char *edy_ping_pong_text(double ns);

#endif
