/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A small model made in memory, on every backend that runs here, against the double oracle: node by
 * node within the budgets, and end to end. */
#ifndef EDY_AGAINST_ORACLE_H
#define EDY_AGAINST_ORACLE_H

#include "engine/import/tests/onnx_builder.h"

/* Imports and destroys b, feeds it seeded values (floats in [-2, 2), all bytes, wider
 * integers up to 1000), runs it on 1 and 3
 * threads, and with all values kept. Fails the cmocka test where a result is wrong or a node is not
 * known to the oracle; integers must be equal. Returns the graph as imported:
 * the caller destroys it. Inputs whose first dimension is the symbol N run at batch 2. */
edy_graph *edy_against_oracle(edy_ob *b);

#endif
