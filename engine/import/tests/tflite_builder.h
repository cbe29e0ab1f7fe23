/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Small .tflite files, written from descriptions: front to back, every offset forward. */
#ifndef EDY_TFLITE_BUILDER_H
#define EDY_TFLITE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TB_FLOAT = 0, TB_INT32 = 2, TB_UINT8 = 3, TB_INT8 = 9, TB_NONE = -1 };
enum {
    TB_ADD = 0,
    TB_AVERAGE = 1,
    TB_CONCAT = 2,
    TB_CONV = 3,
    TB_DEPTHWISE = 4,
    TB_DEQUANTIZE = 6
};
enum { TB_DENSE = 9, TB_LOGISTIC = 14, TB_MAX = 17, TB_MUL = 18, TB_RELU = 19, TB_RELU6 = 21 };
enum { TB_RESHAPE = 22, TB_SOFTMAX = 25, TB_CUSTOM = 32, TB_PAD = 34, TB_MEAN = 40, TB_PADV2 = 60 };
enum { TB_QUANTIZE = 114 };

typedef struct tb_tensor {
    const char *name;
    int type;
    int rank, dim[5];
    bool open_batch; /* shape_signature begins with -1 */
    int n_scales;
    const float *scale;
    const int64_t *zero; /* NULL: none in the file */
    int axis;
    const void *data; /* NULL: computed */
    size_t bytes;
} tb_tensor;

/* One field of an options table: of 1 or 4 bytes. */
typedef struct tb_field {
    int index, bytes;
    int32_t value;
} tb_field;

typedef struct tb_op {
    int code;
    int in[8], n_in, out[2], n_out;
    int options; /* BuiltinOptions */
    tb_field field[8];
    int n_fields;
    const char *custom;
    bool old_code; /* the code in deprecated_builtin_code alone */
} tb_op;

typedef struct tb_model {
    tb_tensor tensor[24];
    int n_tensors;
    tb_op op[8];
    int n_ops;
    int in[2], n_in, out[2], n_out;
    int subgraphs, version; /* 0: 1 and 3 */
} tb_model;

/* Returns the bytes of the file; asserts that they fit. */
size_t tb_write(const tb_model *m, uint8_t *out, size_t capacity);

/* Appends; return the index. Data is the caller's. */
int tb_add_tensor(tb_model *m, tb_tensor t);
tb_op *tb_add_op(tb_model *m, int code, int options);

/* A float's bits, for a tb_field. */
int32_t tb_bits(float x);

#endif
