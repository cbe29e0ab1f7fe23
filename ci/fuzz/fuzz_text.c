/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Text nets: import, plan, run; the shape of the input alone. */
#include "ci/fuzz/fuzz.h"
#include "engine/import/text_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const edy_limits limits = edy_fuzz_limits();
    edy_graph *graph = NULL;
    edy_shape shape;
    edy_error err = {0};
    edy_fuzz_check(edy_text_import_input(edy_fuzz_file(data, size), &limits, &shape, &err), &err);
    edy_fuzz_check(
        edy_text_import_memory("fuzz.net", (const char *)data, size, &limits, &graph, &err), &err);
    edy_fuzz_run(graph);
    return 0;
}
