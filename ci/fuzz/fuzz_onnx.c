/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ONNX models: import, plan, run. */
#include "ci/fuzz/fuzz.h"
#include "engine/import/onnx_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const edy_limits limits = edy_fuzz_limits();
    edy_graph *graph = NULL;
    edy_error err = {0};
    edy_fuzz_check(edy_onnx_import_memory("fuzz.onnx", data, size, &limits, &graph, &err), &err);
    edy_fuzz_run(graph);
    return 0;
}
