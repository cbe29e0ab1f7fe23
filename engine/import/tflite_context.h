/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the import functions of TFLite's operators share: the file, the graph in the making, the
 * operator at hand, and how to read its tensors and make its result. Field numbers are those of
 * schema.fbs (TensorFlow 2.17). */
#ifndef EDY_TFLITE_CONTEXT_H
#define EDY_TFLITE_CONTEXT_H

#include "engine/graph.h"
#include "engine/import/flatbuffer.h"
#include "engine/import/tflite_import.h"

/* TensorType, those that are read. */
enum {
    EDY_TFLITE_FLOAT32 = 0,
    EDY_TFLITE_INT32 = 2,
    EDY_TFLITE_UINT8 = 3,
    EDY_TFLITE_INT64 = 4,
    EDY_TFLITE_INT8 = 9
};

/* In whose axes a value is: the file's own, or an image's [N, C, H, W]. */
typedef enum edy_tflite_axes { EDY_AXES_OWN, EDY_AXES_NCHW, EDY_AXES_COUNT } edy_tflite_axes;

/* What is known of a tensor while the graph is made. */
typedef struct edy_tflite_slot {
    edy_value_id value[EDY_AXES_COUNT]; /* EDY_NO_VALUE where there is none yet */
    bool shared_name;                   /* or none at all */
} edy_tflite_slot;

/* A tensor as the file describes it, checked. */
typedef struct edy_tflite_tensor {
    int32_t index;
    const char *name; /* in the file */
    edy_dtype dtype;  /* U8 for uint8 */
    edy_shape shape;
    bool has_shape;      /* false: the file gives no extents */
    bool any_batch;      /* extent 0 is open */
    const uint8_t *data; /* NULL: computed */
    edy_fb_table quant;
} edy_tflite_tensor;

typedef struct edy_tflite {
    const char *file; /* for messages */
    const edy_limits *limits;
    edy_error *err;
    edy_fb fb;
    edy_fb_vector codes, buffers, tensors, operators;
    edy_tflite_slot *slot; /* [tensors.count] */
    edy_graph *graph;
    uint64_t constant_bytes; /* of all constants in the graph */
    /* The operator at hand. */
    int32_t op_index; /* -1: none */
    const char *op_name;
    int32_t op_version;
    char node_name[64];
    edy_fb_vector inputs, outputs;
    edy_fb_table options; /* absent ones have every default */
    uint8_t options_type;
} edy_tflite;

/* "FILE: ..." and "FILE: operator 3 (CONV_2D, version 1): ..."; return the code. The second is like
 * the first where no operator is at hand. */
edy_status edy_tflite_fail(edy_tflite *c, edy_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
edy_status edy_tflite_op_fail(edy_tflite *c, edy_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The error that the flatbuffer reader has kept, if any. */
edy_status edy_tflite_check(edy_tflite *c);

/* ---- Tensors (tflite_tensor.c) --------------------------------------------------------------- */

edy_status edy_tflite_tensor_at(edy_tflite *c, int32_t index, edy_tflite_tensor *t);
/* Per tensor, or per axis with one scale for each index along axis; *q belongs to the graph. A
 * tensor without scales gives count 0. In the stored domain (uint8: minus 128, was_u8). */
edy_status edy_tflite_quant(edy_tflite *c, const edy_tflite_tensor *t, edy_quant *q);
/* The name that its value gets; suffix may be "". */
void edy_tflite_name(const edy_tflite *c, const edy_tflite_tensor *t, const char *suffix,
                     char *name, size_t size);

/* How a constant enters the graph: axis i of the result is axis perm[i] of the file's. */
typedef struct edy_tflite_order {
    int32_t rank; /* of the result; the file's may be lower: ones are put in front */
    int32_t perm[EDY_MAX_RANK];
} edy_tflite_order;

/* A constant of the graph: float32, int8 or int32, finite. to_float: int8 becomes float32 by its
 * scales. */
edy_status edy_tflite_constant(edy_tflite *c, const edy_tflite_tensor *t,
                               const edy_tflite_order *order, bool to_float, edy_value_id *id);
/* A constant int32 or int64 list of at most max elements. */
edy_status edy_tflite_ints(edy_tflite *c, const edy_tflite_tensor *t, int64_t *out, int32_t max,
                           int32_t *n);

/* ---- The operator at hand (tflite_context.c) ------------------------------------------------- */

/* Input i exists (an index of -1 is none). */
bool edy_tflite_has_input(const edy_tflite *c, uint32_t i);
edy_status edy_tflite_input(edy_tflite *c, uint32_t i, edy_tflite_tensor *t);
edy_status edy_tflite_output(edy_tflite *c, edy_tflite_tensor *t);
/* Fails where the options are those of another operator than the one that BuiltinOptions `type`
 * belongs to. */
edy_status edy_tflite_expect_options(edy_tflite *c, uint8_t type);

/* Whether the tensor is so far known as an image only. */
bool edy_tflite_is_image(const edy_tflite *c, const edy_tflite_tensor *t);
/* The value of a tensor in these axes; one in the other axes is transposed (a constant is permuted)
 * at first use. EDY_BAD_FILE where nothing has made it. */
edy_status edy_tflite_value(edy_tflite *c, const edy_tflite_tensor *t, edy_tflite_axes axes,
                            edy_value_id *id);

/* Appends a node. *n dies with the next one. */
edy_status edy_tflite_begin(edy_tflite *c, edy_op_kind op, const edy_value_id *input,
                            int32_t n_inputs, edy_node **n);
/* Gives the last node its output: output 0 of the operator at hand. Runs the shape rule, checks
 * the result against what the file says of the tensor, and its size. */
edy_status edy_tflite_finish(edy_tflite *c, edy_tflite_axes axes);
/* A value between two nodes of one operator: named after its output, with that quantization. */
edy_status edy_tflite_finish_part(edy_tflite *c, const char *suffix, const edy_quant *q,
                                  edy_value_id *id);

/* FusedActivationFunctionType into the node's bounds. EDY_UNSUPPORTED for TANH and SIGN_BIT. */
edy_status edy_tflite_activation(edy_tflite *c, int8_t type, edy_node *n);
/* The integer rule on integer nodes; fails where an operand is uint8. */
edy_status edy_tflite_rule(edy_tflite *c, edy_node *n);

#endif
