/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/report_writer.h"

#include <string.h>

const edy_report_writer *edy_report_writer_find(const char *name) {
    for (size_t i = 0; i < edy_report_writer_count; i++)
        if (strcmp(edy_report_writers[i]->name, name) == 0)
            return edy_report_writers[i];
    return NULL;
}
