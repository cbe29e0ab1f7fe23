/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_ops.h"

#include <string.h>

#include "engine/import/onnx_attr.h"

/* One row an operator; the import function may rely on the number of inputs. Attributes of every
 * opset from 6 on that a function reads or knows to be harmless; any other is refused by name. */
static const struct op_row {
    const char *type;
    edy_status (*import)(edy_onnx_context *c);
    size_t min_inputs, max_inputs;
    const char *attributes;
} rows[] = {
    {"Abs", edy_import_unary, 1, 1, ""},
    {"Add", edy_import_add, 2, 2, "axis broadcast"},
    {"And", edy_import_binary, 2, 2, "axis broadcast"},
    {"ArgMax", edy_import_argmax, 1, 1, "axis keepdims select_last_index"},
    {"ArgMin", edy_import_argmax, 1, 1, "axis keepdims select_last_index"},
    {"AveragePool", edy_import_avgpool, 1, 1,
     "auto_pad ceil_mode count_include_pad kernel_shape pads strides"},
    {"BatchNormalization", edy_import_batchnorm, 5, 5,
     "epsilon is_test momentum spatial training_mode"},
    {"Cast", edy_import_cast, 1, 1, "to"},
    {"Ceil", edy_import_unary, 1, 1, ""},
    {"Celu", edy_import_unary, 1, 1, "alpha"},
    {"Clip", edy_import_clip, 1, 3, "min max"},
    {"Concat", edy_import_concat, 1, EDY_MAX_INPUTS, "axis"},
    {"Constant", edy_import_constant, 0, 0, "value value_float value_floats value_int value_ints"},
    {"ConstantOfShape", edy_import_constant_of_shape, 1, 1, "value"},
    {"Conv", edy_import_conv, 2, 3, "auto_pad dilations group kernel_shape pads strides"},
    {"ConvInteger", edy_import_convinteger, 2, 4,
     "auto_pad dilations group kernel_shape pads strides"},
    {"ConvTranspose", edy_import_convtranspose, 2, 3,
     "auto_pad dilations group kernel_shape output_padding output_shape pads strides"},
    {"Cos", edy_import_unary, 1, 1, ""},
    {"DepthToSpace", edy_import_depthtospace, 1, 1, "blocksize mode"},
    {"DequantizeLinear", edy_import_dequantize, 2, 3, "axis"},
    {"Div", edy_import_binary, 2, 2, "axis broadcast"},
    {"Dropout", edy_import_dropout, 1, 3, "is_test ratio seed"},
    {"DynamicQuantizeLinear", edy_import_dynamicquantize, 1, 1, ""},
    {"Elu", edy_import_unary, 1, 1, "alpha"},
    {"Equal", edy_import_binary, 2, 2, "axis broadcast"},
    {"Erf", edy_import_unary, 1, 1, ""},
    {"Exp", edy_import_unary, 1, 1, ""},
    {"Expand", edy_import_expand, 2, 2, ""},
    {"Flatten", edy_import_flatten, 1, 1, "axis"},
    {"Floor", edy_import_unary, 1, 1, ""},
    {"Gather", edy_import_gather, 2, 2, "axis"},
    {"Gemm", edy_import_gemm, 2, 3, "alpha beta broadcast transA transB"},
    {"GlobalAveragePool", edy_import_globalavgpool, 1, 1, ""},
    {"GlobalMaxPool", edy_import_globalmaxpool, 1, 1, ""},
    {"Hardmax", edy_import_hardmax, 1, 1, "axis"},
    {"Greater", edy_import_binary, 2, 2, "axis broadcast"},
    {"GreaterOrEqual", edy_import_binary, 2, 2, ""},
    {"HardSigmoid", edy_import_unary, 1, 1, "alpha beta"},
    {"HardSwish", edy_import_unary, 1, 1, ""},
    {"Identity", edy_import_identity, 1, 1, ""},
    {"InstanceNormalization", edy_import_instancenorm, 3, 3, "epsilon"},
    {"LeakyRelu", edy_import_leakyrelu, 1, 1, "alpha"},
    {"Less", edy_import_binary, 2, 2, "axis broadcast"},
    {"LessOrEqual", edy_import_binary, 2, 2, ""},
    {"Log", edy_import_unary, 1, 1, ""},
    {"LogSoftmax", edy_import_logsoftmax, 1, 1, "axis"},
    {"LRN", edy_import_lrn, 1, 1, "alpha beta bias size"},
    {"MatMul", edy_import_matmul, 2, 2, ""},
    {"MatMulInteger", edy_import_matmulinteger, 2, 4, ""},
    {"Max", edy_import_variadic, 1, EDY_MAX_INPUTS, ""},
    {"MaxPool", edy_import_maxpool, 1, 1,
     "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"Mean", edy_import_variadic, 1, EDY_MAX_INPUTS, ""},
    {"Min", edy_import_variadic, 1, EDY_MAX_INPUTS, ""},
    {"Mul", edy_import_mul, 2, 2, "axis broadcast"},
    {"Neg", edy_import_unary, 1, 1, ""},
    {"Not", edy_import_unary, 1, 1, ""},
    {"Or", edy_import_binary, 2, 2, "axis broadcast"},
    {"PRelu", edy_import_binary, 2, 2, ""},
    {"Pad", edy_import_pad, 1, 4, "mode pads value"},
    {"Pow", edy_import_binary, 2, 2, "axis broadcast"},
    {"QLinearConv", edy_import_qlinearconv, 8, 9,
     "auto_pad dilations group kernel_shape pads strides"},
    {"QLinearMatMul", edy_import_qlinearmatmul, 8, 8, ""},
    {"QuantizeLinear", edy_import_quantize, 2, 3, "axis"},
    {"Range", edy_import_range, 3, 3, ""},
    {"Reciprocal", edy_import_unary, 1, 1, ""},
    {"ReduceL1", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceL2", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceLogSum", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceLogSumExp", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceMax", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceMean", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceMin", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceProd", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceSum", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"ReduceSumSquare", edy_import_reduce, 1, 2, "axes keepdims noop_with_empty_axes"},
    {"Relu", edy_import_relu, 1, 1, ""},
    {"Reshape", edy_import_reshape, 2, 2, "allowzero"},
    {"Resize", edy_import_resize, 1, 4,
     "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside "
     "extrapolation_value keep_aspect_ratio_policy mode nearest_mode"},
    {"Round", edy_import_unary, 1, 1, ""},
    {"Selu", edy_import_unary, 1, 1, "alpha gamma"},
    {"Shape", edy_import_shape, 1, 1, "end start"},
    {"Sigmoid", edy_import_unary, 1, 1, ""},
    {"Sign", edy_import_unary, 1, 1, ""},
    {"Sin", edy_import_unary, 1, 1, ""},
    {"Size", edy_import_size, 1, 1, ""},
    {"Slice", edy_import_slice, 1, 5, "axes ends starts"},
    {"Softmax", edy_import_softmax, 1, 1, "axis"},
    {"Softplus", edy_import_unary, 1, 1, ""},
    {"Softsign", edy_import_unary, 1, 1, ""},
    {"SpaceToDepth", edy_import_spacetodepth, 1, 1, "blocksize"},
    {"Split", edy_import_split, 1, 2, "axis num_outputs split"},
    {"Sqrt", edy_import_unary, 1, 1, ""},
    {"Squeeze", edy_import_squeeze, 1, 2, "axes"},
    {"Sub", edy_import_binary, 2, 2, "axis broadcast"},
    {"Sum", edy_import_variadic, 1, EDY_MAX_INPUTS, ""},
    {"Tanh", edy_import_unary, 1, 1, ""},
    {"ThresholdedRelu", edy_import_unary, 1, 1, "alpha"},
    {"Tile", edy_import_tile, 2, 2, ""},
    {"Transpose", edy_import_transpose, 1, 1, "perm"},
    {"Unsqueeze", edy_import_unsqueeze, 1, 2, "axes"},
    {"Upsample", edy_import_upsample, 1, 2, "mode scales"},
    {"Where", edy_import_where, 3, 3, ""},
    {"Xor", edy_import_binary, 2, 2, "axis broadcast"},
};

static const struct op_row *find_row(const Onnx__NodeProto *node) {
    const char *domain = node->domain ? node->domain : "";
    if (domain[0] && strcmp(domain, "ai.onnx") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (node->op_type && strcmp(rows[i].type, node->op_type) == 0)
            return &rows[i];
    return NULL;
}

edy_status edy_onnx_import_node(edy_onnx_context *c) {
    const Onnx__NodeProto *node = c->node;
    const struct op_row *row = find_row(node);
    if (!row) {
        const char *domain = node->domain ? node->domain : "";
        return edy_onnx_fail(c, EDY_UNSUPPORTED,
                             "operator %.60s%s%.80s (node \"%.80s\") is not supported", domain,
                             domain[0] ? "." : "", node->op_type, c->node_name);
    }
    if (node->n_input < row->min_inputs || node->n_input > row->max_inputs)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "has %zu inputs, %zu to %zu are expected",
                                  node->n_input, row->min_inputs, row->max_inputs);
    for (size_t i = 0; i < row->min_inputs; i++)
        if (!edy_onnx_has_input(c, i))
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "input %zu is missing", i);
    const edy_status status = edy_onnx_attr_check(c, row->attributes);
    return status ? status : row->import(c);
}
