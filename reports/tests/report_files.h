/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Folders and texts for tests of reports. */
#ifndef EDY_REPORT_FILES_H
#define EDY_REPORT_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/report_writer.h"

/* A new empty folder; the caller frees the name. */
char *edy_test_folder(void);
/* Removes it with all that is in it, and frees the name. */
void edy_test_folder_remove(char *folder);

/* Text of a file, that the caller frees; NULL where there is none. */
char *edy_test_text(const char *folder, const char *name);
bool edy_test_exists(const char *folder, const char *name);

/* What the format prints. The caller frees it. */
char *edy_test_printed(const edy_results *results, const char *format);
/* Has every format write into the folder. */
void edy_test_write_all(const edy_results *results, const char *folder);

size_t edy_test_count(const char *text, const char *part);

/* Are the tags of an HTML or SVG text closed in order (void elements of HTML apart), its attributes
 * quoted? Skips scripts, styles, comments. Prints the first fault. */
bool edy_test_balanced(const char *text);

#endif
