/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/status.h"

#include <stdio.h>

const char *edy_status_text(edy_status code) {
    static const char *const text[] = {
#define EDY_STATUS_TEXT(name, words) [EDY_##name] = words,
        EDY_STATUS_MAP(EDY_STATUS_TEXT)
#undef EDY_STATUS_TEXT
    };
    if ((unsigned)code >= sizeof text / sizeof text[0])
        return "unknown status";
    return text[code];
}

edy_status edy_fail(edy_error *err, edy_status code, const char *format, ...) {
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
        for (char *c = err->message; *c; c++) /* words of a hostile file may be in it */
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                *c = '?';
    }
    return code;
}
