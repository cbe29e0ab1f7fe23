/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Asks the kernel walk about a backend that was made for the purpose. */
#ifndef EDY_FAULT_WALK_H
#define EDY_FAULT_WALK_H

#include "bench/selftest/selftest.h"
#include "engine/kernel.h"

/* Walks the cases of one problem line (bench/walk/problem.h; it begins with the kernel family) on a
 * backend that is scalar with what fill overrides. Fires with the walk's first failure, or with its
 * closing line where no case was walked. seconds: what a case may take, 0 for the usual. */
void edy_fault_walk(edy_gate_answer *answer, void (*fill)(edy_kernels *k), const char *problem,
                    unsigned seconds);

#endif
