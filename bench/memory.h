/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Peak resident memory of one case.
 *
 * A process that has run ten cases has the peak of the largest. Its forked child starts with its
 * pages, and the peak that wait4() reports for a child that has executed another program still
 * contains the parent's (the kernel carries it over exec). So a case is measured by a fresh process
 * that loads, plans and runs it once and then reads its own VmHWM, which belongs to the address
 * space and so starts at zero with the program; `edyno peak-rss` is that process. */
#ifndef EDY_MEMORY_H
#define EDY_MEMORY_H

#include <stdint.h>

#include "engine/status.h"

/* VmHWM of this process in bytes; -1 where /proc does not say. */
int64_t edy_peak_rss_bytes(void);

/* The line with which the measuring process ends on its stdout: base is the peak before the case
 * was loaded. */
void edy_peak_rss_print(int64_t base, int64_t peak);

/* Runs argv[0] with argv (NULL-terminated) and reads that line from its stdout; its stderr goes to
 * /dev/null. EDY_IO where it cannot be started, ends with another code than 0, prints something
 * else, or takes longer than the time (it is then killed). */
edy_status edy_peak_rss_of(const char *const *argv, double seconds, int64_t *base, int64_t *peak,
                           edy_error *err);

#endif
