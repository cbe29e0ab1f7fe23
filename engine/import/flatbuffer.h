/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Reading a FlatBuffers file of unknown origin.
 *
 * Nothing is trusted: each offset, vtable, table, vector and string is checked against the file
 * before a byte of it is used, and all numbers are put together from bytes, so that alignment and
 * byte order of the host do not matter. Nothing is allocated. Format: FlatBuffers "Internals"
 * (flatbuffers.dev), little-endian:
 *   root     u32 at byte 0: offset of the root table; bytes 4..7 are the file identifier
 *   table    i32: vtable = table - that; fields follow at the offsets that the vtable gives
 *   vtable   u16 bytes of the vtable, u16 bytes of the table, then u16 a field: its offset in the
 *            table, 0 or beyond the end where it is absent
 *   vector   u32 count, then the elements; a string is one of bytes with a 0 after them
 *   offset   u32, from where it stands forward to a table, vector or string
 *
 * Errors stick: the first one is kept in the reader, and from then on each function returns what it
 * returns for an absent field. So a caller reads a few fields and asks once. The reader follows no
 * offset by itself and never recurses: how deep it goes is up to the caller's code, and how long is
 * bounded by the counts of vectors, which fit in the file. */
#ifndef EDY_FLATBUFFER_H
#define EDY_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

typedef struct edy_fb {
    const uint8_t *bytes;
    size_t size;
    edy_status
        status; /* EDY_OK, or EDY_BAD_FILE with .error filled; the message has no file name */
    edy_error error;
} edy_fb;

/* A table whose vtable and extent were checked. at == 0: absent, every field has its default. */
typedef struct edy_fb_table {
    edy_fb *fb;
    const char *type; /* for messages: "Tensor" */
    size_t at, vtable;
    uint16_t bytes, vtable_bytes;
} edy_fb_table;

/* count elements of elem_bytes each, all inside the file. count 0: absent or empty. */
typedef struct edy_fb_vector {
    edy_fb *fb;
    const uint8_t *data; /* NULL where absent */
    uint32_t count, elem_bytes;
} edy_fb_vector;

/* Checks the identifier and the root table. bytes must outlive the reader. */
edy_fb edy_fb_open(const void *bytes, size_t size, const char identifier[5]);
edy_fb_table edy_fb_root(edy_fb *fb, const char *type);

/* Scalar fields. index: the field's number in the schema; name is for messages. */
uint8_t edy_fb_u8(const edy_fb_table *t, unsigned index, const char *name, uint8_t absent);
int8_t edy_fb_i8(const edy_fb_table *t, unsigned index, const char *name, int8_t absent);
uint32_t edy_fb_u32(const edy_fb_table *t, unsigned index, const char *name, uint32_t absent);
int32_t edy_fb_i32(const edy_fb_table *t, unsigned index, const char *name, int32_t absent);
uint64_t edy_fb_u64(const edy_fb_table *t, unsigned index, const char *name, uint64_t absent);
float edy_fb_f32(const edy_fb_table *t, unsigned index, const char *name, float absent);
bool edy_fb_has(const edy_fb_table *t, unsigned index, const char *name);

/* Fields that are offsets. */
edy_fb_table edy_fb_sub(const edy_fb_table *t, unsigned index, const char *name, const char *type);
edy_fb_vector edy_fb_vec(const edy_fb_table *t, unsigned index, const char *name,
                         uint32_t elem_bytes);
/* In the file, with its 0; "" where absent. */
const char *edy_fb_string(const edy_fb_table *t, unsigned index, const char *name);

/* Elements; i < count. */
edy_fb_table edy_fb_vec_table(const edy_fb_vector *v, uint32_t i, const char *type);
int32_t edy_fb_vec_i32(const edy_fb_vector *v, uint32_t i);
int64_t edy_fb_vec_i64(const edy_fb_vector *v, uint32_t i);
float edy_fb_vec_f32(const edy_fb_vector *v, uint32_t i);

/* Little-endian numbers anywhere in memory. */
uint32_t edy_fb_load32(const uint8_t *p);
float edy_fb_load_f32(const uint8_t *p);

#endif
