/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/print_text.h"

#include <inttypes.h>
#include <string.h>

void edy_print_wrapped(FILE *out, int indent, const char *text) {
    const size_t room = (size_t)(EDY_TEXT_COLUMNS - indent);
    while (*text) {
        size_t n = strlen(text);
        if (n > room) {
            n = room;
            while (n > 0 && text[n] != ' ')
                n--;
            if (n == 0) /* one long word, such as a path */
                n = strcspn(text, " ");
        }
        fprintf(out, "%*s%.*s\n", indent, "", (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
}

const char *edy_grouped(uint64_t n, char text[32]) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *at = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}
