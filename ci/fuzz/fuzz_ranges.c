/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Calibration files, for one small net; what is read quantizes it, and that is run. */
#include <stdlib.h>

#include "ci/fuzz/fuzz.h"
#include "engine/compress/quantize.h"
#include "engine/compress/ranges_file.h"
#include "engine/import/text_import.h"

static const edy_graph *net(void) {
    static const char text[] = "net ranged\ninput 2x6x6\nconv 3 3x3 relu\nmaxpool 2x2\ndense 4\n";
    static edy_graph *graph;
    if (!graph && edy_text_import_memory("ranged.net", text, sizeof text - 1, NULL, &graph, NULL))
        abort();
    return graph;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const edy_limits limits = edy_fuzz_limits();
    edy_calibration *calibration = NULL;
    edy_graph *quantized = NULL;
    edy_error err = {0};
    edy_status st = edy_ranges_read(edy_fuzz_file(data, size), net(), &limits, &calibration, &err);
    st = st ? st : edy_quantize(net(), calibration, &quantized, &err);
    edy_fuzz_check(st, &err);
    edy_fuzz_run(quantized);
    edy_calibration_destroy(calibration);
    return 0;
}
