/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Files of the source tree that the program carries in itself: embed.cmake makes embedded.c of
 * them. Each is a NUL-terminated text. */
#ifndef EDY_EMBEDDED_H
#define EDY_EMBEDDED_H

extern const char edy_common_gp[];
extern const char edy_latency_gp[];
extern const char edy_memory_gp[];
extern const char edy_accuracy_gp[];
extern const char edy_report_css[];
extern const char edy_report_js[];

#endif
