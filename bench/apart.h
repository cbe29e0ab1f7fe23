/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Work that may die, in a process of its own. */
#ifndef EDY_APART_H
#define EDY_APART_H

#include <stdbool.h>
#include <stddef.h>

enum { EDY_DEATH_TEXT = 120 };

typedef enum edy_apart_end {
    EDY_APART_DONE,  /* *result is what the work left there */
    EDY_APART_DIED,  /* by a signal or an early exit; *result is as it was before */
    EDY_APART_UNABLE /* no child process could be made */
} edy_apart_end;

/* Calls work(context, result) in a child process and brings `bytes` bytes of *result home. What
 * else the child changes in memory is lost. A child that takes longer than `seconds` (0: no limit)
 * is ended. death: of the other two ends a phrase, "died of SIGILL (Illegal instruction)". */
edy_apart_end edy_apart_run(void (*work)(void *context, void *result), void *context, void *result,
                            size_t bytes, unsigned seconds, char death[EDY_DEATH_TEXT]);

/* "SIGSEGV", ...; "signal N" for those without a name here. */
const char *edy_signal_text(int number, char text[32]);

#endif
