/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Files of raw little-endian samples, end to end: what `edyno infer` reads and writes. */
#ifndef EDY_RAW_FILES_H
#define EDY_RAW_FILES_H

#include <stddef.h>

#include "engine/plan.h"

/* One file an input of a plan. */
typedef struct edy_raw_reader edy_raw_reader;

/* paths[n] in the order of the plan's inputs. EDY_BAD_ARGUMENT for a wrong number of files, EDY_IO
 * where one cannot be read, EDY_BAD_FILE where its size is not a positive multiple of a sample's,
 * or the files hold different numbers of samples. Pipes are read into memory (at most 1 GiB). */
edy_status edy_raw_reader_open(const edy_plan *plan, const char *const *paths, size_t n,
                               edy_raw_reader **reader, edy_error *err);
size_t edy_raw_reader_samples(const edy_raw_reader *reader);
/* Reads the next `samples` (1..the plan's batch) of every input to the start of the buffers. */
edy_status edy_raw_reader_next(edy_raw_reader *reader, size_t samples, edy_error *err);
/* The buffers, one a plan input, each of the plan's whole batch; zero at first. */
const void *const *edy_raw_reader_data(const edy_raw_reader *reader);
void edy_raw_reader_close(edy_raw_reader *reader); /* NULL is allowed */

/* One file an output of a plan. Written beside their final names and renamed by _finish, so that a
 * failure leaves nothing. */
typedef struct edy_raw_writer edy_raw_writer;

edy_status edy_raw_writer_open(const edy_plan *plan, const char *const *paths, size_t n,
                               edy_raw_writer **writer, edy_error *err);
void *const *edy_raw_writer_data(const edy_raw_writer *writer); /* buffers for edy_plan_run */
edy_status edy_raw_writer_put(edy_raw_writer *writer, size_t samples, edy_error *err);
edy_status edy_raw_writer_finish(edy_raw_writer *writer, edy_error *err);
/* Frees; removes what was not finished. NULL is allowed. */
void edy_raw_writer_discard(edy_raw_writer *writer);

#endif
