/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/verdict.h"

#include <stddef.h>
#include <string.h>

static const char *const texts[] = {
#define EDY_VERDICT_TEXT(name, text, meaning) text,
    EDY_VERDICT_MAP(EDY_VERDICT_TEXT)
#undef EDY_VERDICT_TEXT
};

const char *edy_verdict_text(edy_verdict verdict) {
    return (unsigned)verdict < EDY_VERDICT_COUNT ? texts[verdict] : "?";
}

edy_verdict edy_verdict_parse(const char *text) {
    for (unsigned i = 0; i < EDY_VERDICT_COUNT; i++)
        if (strcmp(text, texts[i]) == 0)
            return (edy_verdict)i;
    return EDY_VERDICT_COUNT;
}
