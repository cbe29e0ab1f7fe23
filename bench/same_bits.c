/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/same_bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct edy_same_bits {
    size_t samples, batch;
    int32_t n_outputs;
    size_t bytes[EDY_GOLDEN_PORTS]; /* of one sample */
    char *data[EDY_GOLDEN_PORTS];   /* [samples][bytes] */
    size_t *place;                  /* [samples] where it was seen first, counted from 1; 0: not */
};

edy_status edy_same_bits_create(const edy_plan *plan, size_t samples, edy_same_bits **out,
                                edy_error *err) {
    edy_same_bits *b = calloc(1, sizeof *b);
    bool complete = b != NULL;
    if (b) {
        b->samples = samples;
        b->n_outputs = edy_plan_output_count(plan);
        b->place = calloc(samples, sizeof *b->place);
        complete = b->place != NULL;
    }
    for (int32_t i = 0; complete && i < b->n_outputs && i < EDY_GOLDEN_PORTS; i++) {
        const edy_plan_port *port = edy_plan_output(plan, i);
        b->batch = (size_t)port->shape.dim[0];
        b->bytes[i] = port->bytes / b->batch;
        b->data[i] = calloc(samples, b->bytes[i] + 1);
        complete = b->data[i] != NULL;
    }
    if (!complete) {
        edy_same_bits_destroy(b);
        b = NULL;
    }
    *out = b;
    return b ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "out of memory for outputs");
}

void edy_same_bits_destroy(edy_same_bits *b) {
    if (!b)
        return;
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++)
        free(b->data[i]);
    free(b->place);
    free(b);
}

bool edy_same_bits_add(edy_same_bits *b, size_t first, void *const *outputs, char *text,
                       size_t size) {
    for (size_t k = 0; k < b->batch; k++) {
        const size_t s = (first + k) % b->samples;
        for (int32_t i = 0; i < b->n_outputs && i < EDY_GOLDEN_PORTS; i++) {
            const char *now = (const char *)outputs[i] + k * b->bytes[i];
            char *before = b->data[i] + s * b->bytes[i];
            if (!b->place[s]) {
                memcpy(before, now, b->bytes[i]);
            } else if (memcmp(before, now, b->bytes[i]) != 0) {
                snprintf(text, size,
                         "sample %zu has other bits at place %zu of the batch than at place %zu "
                         "(output %d)",
                         s, k, b->place[s] - 1, i);
                return false;
            }
        }
        if (!b->place[s])
            b->place[s] = k + 1;
    }
    return true;
}

uint64_t edy_same_bits_hash(const edy_same_bits *b) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (int32_t i = 0; i < b->n_outputs && i < EDY_GOLDEN_PORTS; i++)
        for (size_t k = 0; k < b->samples * b->bytes[i]; k++)
            hash = (hash ^ (unsigned char)b->data[i][k]) * 0x100000001b3u;
    return hash ? hash : 1;
}
