/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The network as data: values (tensors) and nodes (operators) in an order that can be run.
 *
 * Importers make it, passes rewrite it, compress/ changes it, export/ writes it, plan runs it.
 * Shapes always keep ONNX's axes (N, C, H, W); how a value lies in memory is its `layout`.
 *
 * Two domains. As imported, QuantizeLinear/DequantizeLinear are nodes and u8 values are u8. The
 * pass lower_quantized turns groups between quantizers into integer nodes: their values are EDY_S8,
 * hold q - 128 where the model says u8 (quant.was_u8), and carry their scale and stored zero point.
 */
#ifndef EDY_GRAPH_H
#define EDY_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/region.h"
#include "engine/requant.h"
#include "engine/tensor.h"

/* X(name, text): operators after import. Flatten, Squeeze and Reshape are RESHAPE; Identity and
 * inference-time Dropout do not become nodes (the importer aliases the value). */
#define EDY_OP_MAP(X)                                                                              \
    X(CONV, "Conv")                                                                                \
    X(GEMM, "Gemm") /* y = alpha * A' * B' + beta * C; MatMul with a constant right side too */    \
    X(BATCHNORM, "BatchNormalization")                                                             \
    X(RELU, "Relu")                                                                                \
    X(CLIP, "Clip")                                                                                \
    X(LEAKYRELU, "LeakyRelu") /* x < 0 ? alpha * x : x */                                          \
    X(ADD, "Add")                                                                                  \
    X(MUL, "Mul")                                                                                  \
    X(MAXPOOL, "MaxPool")                                                                          \
    X(AVGPOOL, "AveragePool")                                                                      \
    X(GLOBALAVGPOOL, "GlobalAveragePool")                                                          \
    X(LRN, "LRN")                                                                                  \
    X(INSTANCENORM, "InstanceNormalization")                                                       \
    X(DEPTHTOSPACE, "DepthToSpace")                                                                \
    X(SPACETODEPTH, "SpaceToDepth")                                                                \
    X(RESIZE, "Resize") /* Upsample too */                                                         \
    X(LOGSOFTMAX, "LogSoftmax")                                                                    \
    X(HARDMAX, "Hardmax")                                                                          \
    X(CONVTRANSPOSE, "ConvTranspose") /* as imported; lower_transposed makes it a CONV */          \
    X(CONV3D, "Conv")                 /* rank 5; ConvTranspose too */                              \
    X(MAXPOOLINDICES, "MaxPool")      /* its second output */                                      \
    X(CONVINTEGER, "ConvInteger")                                                                  \
    X(MATMULINTEGER, "MatMulInteger")                                                              \
    X(QLINEARMATMUL, "QLinearMatMul")                                                              \
    X(DYNAMICQUANTIZE, "DynamicQuantizeLinear") /* node.sub: which of the three outputs */         \
    X(RESHAPE, "Reshape")                                                                          \
    X(TRANSPOSE, "Transpose")                                                                      \
    X(PAD, "Pad")                                                                                  \
    X(CONCAT, "Concat")                                                                            \
    X(SOFTMAX, "Softmax")                                                                          \
    X(QUANTIZE, "QuantizeLinear")                                                                  \
    X(DEQUANTIZE, "DequantizeLinear")                                                              \
    X(QLINEARCONV, "QLinearConv") /* as imported; lower_quantized makes it an integer CONV */      \
    X(LAYOUT, "Layout")           /* made by assign_layout: same axes, other order in memory */    \
    X(UNARY, "unary function")    /* node.sub: an edy_unary; y[i] = f(x[i]) */                     \
    X(BINARY, "binary function")  /* node.sub: an edy_binary; numpy's broadcasting */              \
    X(WHERE, "Where")                                                                              \
    X(CAST, "Cast")                                                                                \
    X(SLICE, "Slice") /* Split is one for each output */                                           \
    X(EXPAND, "Expand")                                                                            \
    X(TILE, "Tile")                                                                                \
    X(GATHER, "Gather")                                                                            \
    X(REDUCE, "reduction") /* node.sub: an edy_reduce; over node.axes */                           \
    X(ARGMAX, "ArgMax")                                                                            \
    X(ARGMIN, "ArgMin")                                                                            \
    X(MATMUL, "MatMul") /* both operands computed, or of other ranks than Gemm takes */

typedef enum edy_op_kind {
#define EDY_OP_ENUM(name, text) EDY_OP_##name,
    EDY_OP_MAP(EDY_OP_ENUM)
#undef EDY_OP_ENUM
        EDY_OP_COUNT
} edy_op_kind;

/* Families: one kind of node, one row a function here and one in the family's file. What a node is
 * called in messages, inspect and exports is its function's name: edy_node_text. X(name, text) */
#define EDY_UNARY_MAP(X) /* engine/ops/unary.c */                                                  \
    X(SIGMOID, "Sigmoid")                                                                          \
    X(HARDSIGMOID, "HardSigmoid") /* alpha, beta */                                                \
    X(HARDSWISH, "HardSwish")                                                                      \
    X(TANH, "Tanh")                                                                                \
    X(ELU, "Elu")   /* alpha */                                                                    \
    X(SELU, "Selu") /* alpha, beta: ONNX's gamma */                                                \
    X(CELU, "Celu") /* alpha */                                                                    \
    X(SOFTPLUS, "Softplus")                                                                        \
    X(SOFTSIGN, "Softsign")                                                                        \
    X(THRESHOLDEDRELU, "ThresholdedRelu") /* alpha */                                              \
    X(ERF, "Erf")                                                                                  \
    X(EXP, "Exp")                                                                                  \
    X(LOG, "Log")                                                                                  \
    X(SQRT, "Sqrt")                                                                                \
    X(RECIPROCAL, "Reciprocal")                                                                    \
    X(FLOOR, "Floor")                                                                              \
    X(CEIL, "Ceil")                                                                                \
    X(ROUND, "Round") /* ties to even */                                                           \
    X(SIGN, "Sign")                                                                                \
    X(NEG, "Neg")                                                                                  \
    X(ABS, "Abs")                                                                                  \
    X(NOT, "Not") /* bool */                                                                       \
    X(SIN, "Sin")                                                                                  \
    X(COS, "Cos")

#define EDY_BINARY_MAP(X) /* engine/ops/binary.c; Add and Mul are kinds of their own */            \
    X(SUB, "Sub")                                                                                  \
    X(DIV, "Div")                                                                                  \
    X(MIN, "Min")                                                                                  \
    X(MAX, "Max")                                                                                  \
    X(POW, "Pow")                                                                                  \
    X(PRELU, "PRelu")                                                                              \
    X(EQUAL, "Equal") /* from here on the result is bool */                                        \
    X(LESS, "Less")                                                                                \
    X(GREATER, "Greater")                                                                          \
    X(LESSOREQUAL, "LessOrEqual")                                                                  \
    X(GREATEROREQUAL, "GreaterOrEqual")                                                            \
    X(AND, "And")                                                                                  \
    X(OR, "Or")                                                                                    \
    X(XOR, "Xor")

#define EDY_REDUCE_MAP(X) /* engine/ops/reduce.c */                                                \
    X(MEAN, "ReduceMean")                                                                          \
    X(SUM, "ReduceSum")                                                                            \
    X(MAX, "ReduceMax")                                                                            \
    X(MIN, "ReduceMin")                                                                            \
    X(PROD, "ReduceProd")                                                                          \
    X(L1, "ReduceL1")                                                                              \
    X(L2, "ReduceL2")                                                                              \
    X(SUMSQUARE, "ReduceSumSquare")                                                                \
    X(LOGSUM, "ReduceLogSum")                                                                      \
    X(LOGSUMEXP, "ReduceLogSumExp")

#define EDY_UNARY_ENUM(name, text) EDY_UNARY_##name,
#define EDY_BINARY_ENUM(name, text) EDY_BINARY_##name,
#define EDY_REDUCE_ENUM(name, text) EDY_REDUCE_##name,
typedef enum edy_unary { EDY_UNARY_MAP(EDY_UNARY_ENUM) EDY_UNARY_COUNT } edy_unary;
typedef enum edy_binary { EDY_BINARY_MAP(EDY_BINARY_ENUM) EDY_BINARY_COUNT } edy_binary;
typedef enum edy_reduce { EDY_REDUCE_MAP(EDY_REDUCE_ENUM) EDY_REDUCE_COUNT } edy_reduce;
#undef EDY_UNARY_ENUM
#undef EDY_BINARY_ENUM
#undef EDY_REDUCE_ENUM

typedef enum edy_layout {
    EDY_LAYOUT_PLAIN, /* row-major in the order of the axes: as ONNX lays it out */
    EDY_LAYOUT_NHWC   /* rank 4: channels innermost */
} edy_layout;

/* Affine quantization: real = scale[c] * (q - zero_point[c]). count 0: not quantized; 1: per
 * tensor; else one pair for each index along `axis`. Arrays belong to the graph's region. For
 * EDY_S8 values of an integer graph zero_point is the stored one (model's minus 128 where was_u8).
 */
typedef struct edy_quant {
    uint32_t count;
    int32_t axis;
    const float *scale;
    const int32_t *zero_point;
    bool was_u8;
} edy_quant;

typedef int32_t edy_value_id; /* index into edy_graph.value; EDY_NO_VALUE where absent */
enum { EDY_NO_VALUE = -1 };

typedef struct edy_value {
    const char *name; /* never NULL */
    edy_dtype dtype;
    edy_shape shape;
    edy_layout layout;
    edy_quant quant;
    const void *data; /* constant payload, row-major, in the graph's region; NULL: computed */
    bool shape_known;
    bool file_nhwc; /* as imported: the model's file has this value as [N, H, W, C] (TFLite) */
} edy_value;

/* Sliding window of convolutions and pools over H and W. 1-D forms are H = 1. */
typedef struct edy_window {
    int64_t kernel[2], stride[2], dilation[2]; /* {h, w} */
    int64_t pad[4];                            /* top, left, bottom, right */
    int64_t groups;
    enum { EDY_PAD_EXPLICIT, EDY_PAD_SAME_UPPER, EDY_PAD_SAME_LOWER, EDY_PAD_VALID } auto_pad;
    bool ceil_mode, count_include_pad;
    /* ConvTranspose: input i adds to output o by tap k where o = i * stride + k * dilation - pad */
    bool transposed;
    int64_t output_pad[2];  /* more outputs at the end */
    int64_t output_size[2]; /* 0: what the pads give; else the pads follow */
} edy_window;

/* Resize. Coordinates are worked out in float32, as ONNX Runtime does: ties depend on it. */
typedef struct edy_resize {
    enum { EDY_RESIZE_NEAREST, EDY_RESIZE_LINEAR, EDY_RESIZE_CUBIC } mode;
    enum {
        EDY_COORD_HALF_PIXEL,
        EDY_COORD_HALF_PIXEL_SYMMETRIC,
        EDY_COORD_PYTORCH_HALF_PIXEL,
        EDY_COORD_ALIGN_CORNERS,
        EDY_COORD_ASYMMETRIC,
        EDY_COORD_TF_HALF_PIXEL_FOR_NN,
        EDY_COORD_TF_CROP_AND_RESIZE
    } coordinates;
    enum {
        EDY_NEAREST_PREFER_FLOOR,
        EDY_NEAREST_PREFER_CEIL,
        EDY_NEAREST_FLOOR,
        EDY_NEAREST_CEIL,
        EDY_NEAREST_SIMPLE /* opset 10: up where the axis shrinks, else down */
    } nearest;
    float cubic_a, extrapolation;
    bool exclude_outside;
    bool by_size;                /* size is given, else scale */
    int64_t size[EDY_MAX_RANK];  /* 0: as the input */
    float scale[EDY_MAX_RANK];   /* positive and finite */
    float roi[2 * EDY_MAX_RANK]; /* TF_CROP_AND_RESIZE: starts, then ends, in 0..1 of the axis */
} edy_resize;

/* Fixed places in edy_node.input. */
enum {
    EDY_IN_X = 0,
    EDY_IN_W = 1,        /* Conv, Gemm: constant weights [M][C/groups][kH][kW], or Gemm's B */
    EDY_IN_BIAS = 2,     /* may be EDY_NO_VALUE */
    EDY_IN_RESIDUAL = 3, /* Conv: added to the result before the clamp; EDY_NO_VALUE mostly */
    EDY_MAX_INPUTS = 64, /* a Concat of a dense network reads dozens */
    EDY_MAX_OUTPUTS = 4
};

typedef struct edy_node {
    edy_op_kind op;
    int32_t sub;      /* which function of the family (UNARY, BINARY, REDUCE) */
    const char *name; /* the model's name for it; made up ("Conv_3") where the model has none */
    int32_t n_inputs, n_outputs;
    edy_value_id input[EDY_MAX_INPUTS];
    edy_value_id output[EDY_MAX_OUTPUTS];
    /* Fused activation, in real numbers: -INFINITY..INFINITY where there is none. Integer nodes
     * clamp to the tighter of this and the output's range. Relu and Clip have their bounds here
     * too. */
    float act_min, act_max;
    edy_rule rule; /* integer nodes: which requantization */
    /* Attributes; each operator uses those its ONNX definition has. */
    edy_window window;     /* Conv, MaxPool, AveragePool, Pad (pad only, H and W) */
    float alpha, beta;     /* Gemm; LeakyRelu has alpha; unary functions as EDY_UNARY_MAP says */
    bool trans_a, trans_b; /* Gemm */
    int64_t size;       /* LRN: channels in a sum; DepthToSpace, SpaceToDepth: the block's edge */
    float bias;         /* LRN, which has alpha and beta too */
    bool columns_first; /* DepthToSpace: mode CRD */
    edy_resize resize;
    edy_window depth;      /* CONV3D: D as its H */
    bool storage_columns;  /* MAXPOOLINDICES: counted along H first */
    float epsilon;         /* BatchNormalization, InstanceNormalization */
    int64_t axis;          /* Concat, Softmax, QuantizeLinear, DequantizeLinear; Flatten's too */
    bool softmax_flattens; /* opset < 13: the axes from `axis` on are one */
    int32_t n_perm;
    int64_t perm[EDY_MAX_RANK]; /* Transpose */
    /* Reshape: target shape as ONNX means it, 0 = copy, -1 = infer; Expand: shape; Tile: repeats */
    int32_t n_target;
    int64_t target[EDY_MAX_RANK];
    int64_t pads[2 * EDY_MAX_RANK]; /* Pad, Layout: begins, then ends, one a dimension */
    float pad_value;                /* Pad, in the value's real domain */
    enum { EDY_FILL_CONSTANT, EDY_FILL_REFLECT, EDY_FILL_EDGE, EDY_FILL_WRAP } pad_mode;
    uint32_t axes;   /* reductions: a bit an axis, of the input as imported */
    bool keep_dims;  /* reductions, ArgMax, ArgMin */
    bool last_index; /* ArgMax, ArgMin: of equal elements */
    edy_dtype to;    /* Cast */
    /* Slice, one an axis: as ONNX means them (negative from the end, clamped to the extent). */
    int64_t start[EDY_MAX_RANK], stop[EDY_MAX_RANK], step[EDY_MAX_RANK];
} edy_node;

/* What edy_graph_producer remembers. */
typedef struct edy_makers {
    int32_t *at; /* [capacity]: a hint, the index at which the maker of each value was last seen */
    int32_t capacity;
    uint64_t steps;     /* nodes looked at so far: what searching has cost */
    int32_t *name_slot; /* hash table of value names: id + 1, 0 where empty; made when asked for */
    uint32_t name_slots;
    int32_t n_named; /* values that are in it */
} edy_makers;

typedef struct edy_graph {
    edy_region region; /* owns every array and string below */
    const char *name;
    edy_value *value;
    int32_t n_values, cap_values;
    edy_node *node; /* topological order */
    int32_t n_nodes, cap_nodes;
    edy_value_id *input, *output; /* the model's inputs and outputs, in its order */
    int32_t n_inputs, n_outputs;
    edy_makers *makers;
    int64_t opset;         /* ai.onnx version of the file; 0 if not from ONNX */
    int64_t batch;         /* dim 0 of the first input, as last set */
    int32_t n_dequantized; /* constants that the file holds as integers, made float at import */
} edy_graph;

edy_status edy_graph_create(edy_graph **graph, edy_error *err);
void edy_graph_destroy(edy_graph *graph); /* NULL is allowed */
/* Deep in structure, shared in constant payloads: the copy must not outlive the original. */
edy_status edy_graph_clone(const edy_graph *graph, edy_graph **copy, edy_error *err);
/* Destroys a graph that a copy was made of, all but what the copy shares: it now owns that. */
void edy_graph_adopt(edy_graph *copy, edy_graph *original);

/* Append; the id or index goes to *out. Names are copied, with control
 * characters as '?'. Pointers into value/node die at the next
 * append. */
edy_status edy_graph_add_value(edy_graph *g, const char *name, edy_dtype dtype, edy_value_id *out,
                               edy_error *err);
/* A constant: copies elems * dtype bytes of data. */
edy_status edy_graph_add_constant(edy_graph *g, const char *name, edy_dtype dtype,
                                  const edy_shape *shape, const void *data, edy_value_id *out,
                                  edy_error *err);
/* A node with no inputs or outputs yet, neutral attributes and no activation bounds. */
edy_status edy_graph_add_node(edy_graph *g, edy_op_kind op, const char *name, int32_t *index,
                              edy_error *err);
edy_status edy_graph_insert_node(edy_graph *g, int32_t before, const edy_node *node,
                                 edy_error *err);

/* Whether a value has this name. Takes constant time on average. Not from two threads at once. */
bool edy_graph_has_name(const edy_graph *g, const char *name);

/* Index of the node that makes v, or -1. Remembers where it was, in g: in a graph that does not
 * change, or only grows, it takes constant time. Not from two threads at once. */
int32_t edy_graph_producer(const edy_graph *g, edy_value_id v);
int32_t edy_graph_consumer_count(const edy_graph *g, edy_value_id v); /* graph outputs count */
int32_t edy_graph_consumer(const edy_graph *g, edy_value_id v); /* the only node reading v, or -1 */
bool edy_graph_is_output(const edy_graph *g, edy_value_id v);
void edy_graph_replace_uses(edy_graph *g, edy_value_id from, edy_value_id to); /* outputs too */
/* Drops nodes whose outputs nobody reads (not values: ids stay). */
edy_status edy_graph_remove_dead(edy_graph *g, edy_error *err);
void edy_graph_remove_node(edy_graph *g, int32_t index);
/* For passes that remove many nodes: a dropped node reads and makes nothing (n_inputs and
 * n_outputs are 0) and keeps its place, so that indices stay valid, until compact takes all such
 * nodes out. */
void edy_graph_drop_node(edy_graph *g, int32_t index);
void edy_graph_compact(edy_graph *g);
/* How often each value is read, graph outputs included: [n_values], to be freed; NULL on no
 * memory. */
int32_t *edy_graph_use_counts(const edy_graph *g);
/* Output 0 of node index becomes v, whose maker is removed or dropped next. */
void edy_graph_set_output(edy_graph *g, int32_t index, edy_value_id v);

/* Runs every node's shape rule in order; validates attributes, ranks, dtypes. Errors name operator
 * and node. */
edy_status edy_graph_infer(edy_graph *g, edy_error *err);
/* Sets dim 0 of every input to batch (>= 1), where that is another than the graph's, and infers
 * again. A Reshape or Expand whose target begins with the old batch follows. */
edy_status edy_graph_set_batch(edy_graph *g, int64_t batch, edy_error *err);

const char *edy_op_text(edy_op_kind op);
/* ONNX's name of what the node computes: of its kind, or of its function where that is a family. */
const char *edy_node_text(const edy_node *n);
uint64_t edy_graph_macs(const edy_graph *g); /* multiply-accumulates of one run at this batch */
uint64_t edy_node_macs(const edy_graph *g, const edy_node *n);
uint64_t edy_graph_parameters(const edy_graph *g); /* elements of constant weights and biases */

#endif
