/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/flatbuffer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint16_t load16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t edy_fb_load32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t load64(const uint8_t *p) {
    return edy_fb_load32(p) | (uint64_t)edy_fb_load32(p + 4) << 32;
}

float edy_fb_load_f32(const uint8_t *p) {
    const uint32_t bits = edy_fb_load32(p);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Keeps the first error. */
__attribute__((format(printf, 2, 3))) static void fail(edy_fb *fb, const char *format, ...) {
    if (fb->status)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(fb->error.message, sizeof fb->error.message, format, args);
    va_end(args);
    fb->status = fb->error.code = EDY_BAD_FILE;
}

/* Whether bytes [at, at + n) are in the file. */
static bool holds(const edy_fb *fb, size_t at, uint64_t n) {
    return at <= fb->size && n <= fb->size - at;
}

edy_fb edy_fb_open(const void *bytes, size_t size, const char identifier[5]) {
    edy_fb fb = {.bytes = bytes, .size = size};
    if (size < 8)
        fail(&fb, "has %zu bytes, too few for the identifier %s", size, identifier);
    else if (memcmp(fb.bytes + 4, identifier, 4) != 0)
        fail(&fb, "is no %s file: bytes 4 to 7 are %02x %02x %02x %02x", identifier, fb.bytes[4],
             fb.bytes[5], fb.bytes[6], fb.bytes[7]);
    return fb;
}

/* The table at byte `at`, which `what` points to. */
static edy_fb_table table_at(edy_fb *fb, size_t at, const char *what, const char *type) {
    const edy_fb_table absent = {.fb = fb, .type = type};
    if (!holds(fb, at, 4)) {
        fail(fb, "%s: its table at byte %zu is past the end of the file (%zu bytes)", what, at,
             fb->size);
        return absent;
    }
    const int64_t vtable = (int64_t)at - (int32_t)edy_fb_load32(fb->bytes + at);
    if (vtable < 0 || (uint64_t)vtable > fb->size || !holds(fb, (size_t)vtable, 4)) {
        fail(fb, "%s: its vtable at byte %" PRId64 " is outside the file (%zu bytes)", what, vtable,
             fb->size);
        return absent;
    }
    const uint8_t *v = fb->bytes + vtable;
    const edy_fb_table t = {.fb = fb,
                            .type = type,
                            .at = at,
                            .vtable = (size_t)vtable,
                            .vtable_bytes = load16(v),
                            .bytes = load16(v + 2)};
    if (t.vtable_bytes < 4 || t.vtable_bytes % 2 != 0 || !holds(fb, t.vtable, t.vtable_bytes)) {
        fail(fb, "%s: its vtable at byte %zu has %u bytes", what, t.vtable,
             (unsigned)t.vtable_bytes);
        return absent;
    }
    if (t.bytes < 4 || !holds(fb, at, t.bytes)) {
        fail(fb, "%s: its table at byte %zu has %u bytes, of %zu in the file", what, at,
             (unsigned)t.bytes, fb->size);
        return absent;
    }
    return t;
}

edy_fb_table edy_fb_root(edy_fb *fb, const char *type) {
    if (fb->status)
        return (edy_fb_table){.fb = fb, .type = type};
    return table_at(fb, edy_fb_load32(fb->bytes), "root", type);
}

/* Byte of the file at which the field's n bytes stand; 0 where it is absent. */
static size_t field(const edy_fb_table *t, unsigned index, const char *name, unsigned n) {
    const size_t entry = 4 + 2 * (size_t)index;
    if (t->fb->status || t->at == 0 || entry + 2 > t->vtable_bytes)
        return 0;
    const unsigned offset = load16(t->fb->bytes + t->vtable + entry);
    if (offset == 0)
        return 0;
    if (offset < 4 || offset + n > t->bytes) {
        fail(t->fb, "%s.%s: stands at %u of a table of %u bytes", t->type, name, offset,
             (unsigned)t->bytes);
        return 0;
    }
    return t->at + offset;
}

uint8_t edy_fb_u8(const edy_fb_table *t, unsigned index, const char *name, uint8_t absent) {
    const size_t at = field(t, index, name, 1);
    return at ? t->fb->bytes[at] : absent;
}

int8_t edy_fb_i8(const edy_fb_table *t, unsigned index, const char *name, int8_t absent) {
    return (int8_t)edy_fb_u8(t, index, name, (uint8_t)absent);
}

uint32_t edy_fb_u32(const edy_fb_table *t, unsigned index, const char *name, uint32_t absent) {
    const size_t at = field(t, index, name, 4);
    return at ? edy_fb_load32(t->fb->bytes + at) : absent;
}

int32_t edy_fb_i32(const edy_fb_table *t, unsigned index, const char *name, int32_t absent) {
    return (int32_t)edy_fb_u32(t, index, name, (uint32_t)absent);
}

uint64_t edy_fb_u64(const edy_fb_table *t, unsigned index, const char *name, uint64_t absent) {
    const size_t at = field(t, index, name, 8);
    return at ? load64(t->fb->bytes + at) : absent;
}

float edy_fb_f32(const edy_fb_table *t, unsigned index, const char *name, float absent) {
    const size_t at = field(t, index, name, 4);
    return at ? edy_fb_load_f32(t->fb->bytes + at) : absent;
}

bool edy_fb_has(const edy_fb_table *t, unsigned index, const char *name) {
    return field(t, index, name, 1) != 0;
}

/* Where the offset at byte `at` leads; 0 where that is outside the file. */
static size_t follow(edy_fb *fb, size_t at, const char *type, const char *name) {
    const uint32_t offset = edy_fb_load32(fb->bytes + at);
    if (offset >= 4 && holds(fb, at, (uint64_t)offset + 4))
        return at + offset;
    fail(fb, "%s.%s: offset %" PRIu32 " at byte %zu leads outside the file (%zu bytes)", type, name,
         offset, at, fb->size);
    return 0;
}

edy_fb_table edy_fb_sub(const edy_fb_table *t, unsigned index, const char *name, const char *type) {
    const edy_fb_table absent = {.fb = t->fb, .type = type};
    const size_t at = field(t, index, name, 4);
    const size_t to = at ? follow(t->fb, at, t->type, name) : 0;
    return to ? table_at(t->fb, to, name, type) : absent;
}

edy_fb_vector edy_fb_vec(const edy_fb_table *t, unsigned index, const char *name,
                         uint32_t elem_bytes) {
    edy_fb *fb = t->fb;
    const edy_fb_vector absent = {.fb = fb, .elem_bytes = elem_bytes};
    const size_t at = field(t, index, name, 4);
    const size_t to = at ? follow(fb, at, t->type, name) : 0;
    if (!to)
        return absent;
    const uint32_t count = edy_fb_load32(fb->bytes + to);
    if (!holds(fb, to + 4, (uint64_t)count * elem_bytes)) {
        fail(fb, "%s.%s: %" PRIu32 " elements of %" PRIu32 " bytes at byte %zu of %zu", t->type,
             name, count, elem_bytes, to + 4, fb->size);
        return absent;
    }
    return (edy_fb_vector){fb, fb->bytes + to + 4, count, elem_bytes};
}

const char *edy_fb_string(const edy_fb_table *t, unsigned index, const char *name) {
    const edy_fb_vector v = edy_fb_vec(t, index, name, 1);
    if (!v.data)
        return "";
    const size_t end = (size_t)(v.data - v.fb->bytes) + v.count;
    if (!holds(v.fb, end, 1) || v.fb->bytes[end] != 0) {
        fail(v.fb, "%s.%s: a string of %" PRIu32 " bytes without a 0 at its end", t->type, name,
             v.count);
        return "";
    }
    return (const char *)v.data;
}

edy_fb_table edy_fb_vec_table(const edy_fb_vector *v, uint32_t i, const char *type) {
    assert(i < v->count && v->elem_bytes == 4);
    const edy_fb_table absent = {.fb = v->fb, .type = type};
    if (v->fb->status)
        return absent;
    const size_t at = (size_t)(v->data - v->fb->bytes) + (size_t)i * 4;
    const size_t to = follow(v->fb, at, type, "element");
    return to ? table_at(v->fb, to, type, type) : absent;
}

int32_t edy_fb_vec_i32(const edy_fb_vector *v, uint32_t i) {
    assert(i < v->count && v->elem_bytes == 4);
    return (int32_t)edy_fb_load32(v->data + (size_t)i * 4);
}

int64_t edy_fb_vec_i64(const edy_fb_vector *v, uint32_t i) {
    assert(i < v->count && v->elem_bytes == 8);
    return (int64_t)load64(v->data + (size_t)i * 8);
}

float edy_fb_vec_f32(const edy_fb_vector *v, uint32_t i) {
    assert(i < v->count && v->elem_bytes == 4);
    return edy_fb_load_f32(v->data + (size_t)i * 4);
}
