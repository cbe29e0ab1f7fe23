/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The report formats, one write_NAME.c each; writers.c lists them. */
#ifndef EDY_WRITERS_H
#define EDY_WRITERS_H

#include "bench/report_writer.h"

extern const edy_report_writer edy_writer_json;
extern const edy_report_writer edy_writer_csv;
extern const edy_report_writer edy_writer_plots;
extern const edy_report_writer edy_writer_markdown;
extern const edy_report_writer edy_writer_html;
extern const edy_report_writer edy_writer_console;

#endif
