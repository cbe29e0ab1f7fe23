/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/writers.h"

/* plots before what shows them. */
const edy_report_writer *const edy_report_writers[] = {
    &edy_writer_json,     &edy_writer_csv,  &edy_writer_plots,
    &edy_writer_markdown, &edy_writer_html, &edy_writer_console,
};
const size_t edy_report_writer_count = sizeof edy_report_writers / sizeof *edy_report_writers;
