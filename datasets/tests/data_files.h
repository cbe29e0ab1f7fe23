/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Files for the tests of datasets/: made in a temporary folder, removed after each test. */
#ifndef EDY_DATA_FILES_H
#define EDY_DATA_FILES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "engine/status.h"

/* cmocka's setup and teardown of one test. */
int data_files_begin(void **state);
int data_files_end(void **state);

/* Path of a file in the temporary folder, valid until 15 more calls. */
const char *data_path(const char *name);
void make_folder(const char *name);

void write_bytes(const char *name, const void *bytes, size_t size);
void write_text(const char *name, const char *text);
void write_gzip(const char *name, const void *bytes, size_t size);
/* Cuts a file that is there to its first `size` bytes. */
void cut_file(const char *name, size_t size);
size_t file_size(const char *name);

/* An idx file of bytes: header with the extents, then the data. */
void write_idx(const char *name, bool gzip, int rank, const uint32_t *extent, const uint8_t *data,
               size_t size);

typedef enum png_kind { PNG_GRAY, PNG_GRAY16, PNG_GRAY1, PNG_RGB, PNG_RGBA, PNG_PALETTE } png_kind;
/* pixel: as libpng takes that kind; PNG_GRAY1 packs 8 pixels a byte, PNG_PALETTE indexes
 * palette[256][3] = {i, 255 - i, 7}. */
void write_png(const char *name, png_kind kind, int width, int height, const uint8_t *pixel);
/* channels 1: gray, 3: RGB, 4: CMYK. */
void write_jpeg(const char *name, int width, int height, int channels, const uint8_t *pixel);

/* The call failed with that code, and its message holds each of the two pieces (NULL: none). */
#define assert_refused(call, status_code, piece, other)                                            \
    refused((call), (status_code), &err, (piece), (other), __FILE__, __LINE__)
void refused(edy_status status, edy_status expected, const edy_error *err, const char *piece,
             const char *other, const char *file, int line);

#endif
