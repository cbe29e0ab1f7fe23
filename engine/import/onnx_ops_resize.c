/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Resize in its forms of opsets 10, 11, 13 and 18, and Upsample (7 and 9). */
#include <inttypes.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_ops.h"

/* The number that the text stands for in a list, ended by NULL; -1 where it is not there. */
static int find_text(const char *text, const char *const *list) {
    for (int i = 0; list[i]; i++)
        if (strcmp(text, list[i]) == 0)
            return i;
    return -1;
}

/* A text attribute as its place in the list. */
static edy_status read_choice(edy_onnx_context *c, const char *name, const char *otherwise,
                              const char *const *list, int *place) {
    char text[40];
    const edy_status status = edy_onnx_attr_text(c, name, otherwise, text, sizeof text);
    if (status)
        return status;
    *place = find_text(text, list);
    if (*place < 0)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "attribute \"%s\" is \"%s\"", name, text);
    return EDY_OK;
}

static edy_status read_modes(edy_onnx_context *c, edy_resize *r) {
    /* In the order of edy_resize's enums. */
    static const char *const modes[] = {"nearest", "linear", "cubic", NULL};
    static const char *const coordinates[] = {
        "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
        "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize", NULL};
    static const char *const nearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                          "ceil", NULL};
    int mode = 0, coordinate = EDY_COORD_ASYMMETRIC, rounding = EDY_NEAREST_SIMPLE;
    edy_status status = read_choice(c, "mode", "nearest", modes, &mode);
    if (!status && c->opset < 11 && mode == EDY_RESIZE_CUBIC)
        status = edy_onnx_node_fail(c, EDY_BAD_FILE, "mode \"cubic\" came with opset 11");
    if (!status && c->opset >= 11)
        status = read_choice(c, "coordinate_transformation_mode", "half_pixel", coordinates,
                             &coordinate);
    if (!status && c->opset >= 11)
        status = read_choice(c, "nearest_mode", "round_prefer_floor", nearest, &rounding);
    r->mode = mode;
    r->coordinates = coordinate;
    r->nearest = rounding;
    return status;
}

/* What opset 18 added and is not done here. */
static edy_status read_refused(edy_onnx_context *c) {
    static const char *const policies[] = {"stretch", NULL};
    int place;
    int64_t antialias;
    const edy_status status = edy_onnx_attr_int_in(c, "antialias", 0, 0, 0, &antialias);
    return status ? status
                  : read_choice(c, "keep_aspect_ratio_policy", "stretch", policies, &place);
}

static edy_status read_numbers(edy_onnx_context *c, edy_resize *r) {
    int64_t exclude;
    edy_status status = edy_onnx_attr_float(c, "cubic_coeff_a", -0.75f, &r->cubic_a);
    if (!status)
        status = edy_onnx_attr_float(c, "extrapolation_value", 0.0f, &r->extrapolation);
    if (!status)
        status = edy_onnx_attr_int_in(c, "exclude_outside", 0, 0, 1, &exclude);
    r->exclude_outside = !status && exclude;
    return status;
}

/* ---- Lists, one entry an axis -------------------------------------------------------------------
 */

typedef struct axis_set {
    int32_t n, axis[EDY_MAX_RANK];
} axis_set;

static edy_status read_axes(edy_onnx_context *c, int32_t rank, axis_set *set) {
    int64_t axes[EDY_MAX_RANK];
    int32_t n;
    uint32_t seen = 0;
    const edy_status status = edy_onnx_attr_ints(c, "axes", axes, EDY_MAX_RANK, &n);
    if (status)
        return status;
    set->n = n < 0 ? rank : n;
    for (int32_t i = 0; i < set->n; i++) {
        const int64_t axis = n < 0 ? i : axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank || (seen >> axis & 1))
            return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                      "axis %" PRId64 " is outside rank %d or given twice", axes[i],
                                      rank);
        seen |= UINT32_C(1) << axis;
        set->axis[i] = (int32_t)axis;
    }
    return EDY_OK;
}

/* A constant list of floats; *data is NULL where it is left out or has no element. */
static edy_status floats_input(edy_onnx_context *c, size_t index, size_t count,
                               const float **data) {
    edy_value_id id;
    *data = NULL;
    const edy_status status = edy_onnx_constant_input(c, index, &id);
    if (status || id == EDY_NO_VALUE)
        return status;
    const edy_value *v = edy_onnx_value(c, id);
    const size_t n = edy_shape_count(&v->shape);
    if (n == 0)
        return EDY_OK;
    if (v->dtype != EDY_F32 || n != count)
        return edy_onnx_node_fail(c, EDY_BAD_FILE,
                                  "input %zu has %zu elements of %s, not %zu of float32", index, n,
                                  edy_dtype_text(v->dtype), count);
    *data = v->data;
    return EDY_OK;
}

static void spread_scales(edy_resize *r, const axis_set *set, const float *scale) {
    for (int32_t i = 0; i < set->n; i++)
        r->scale[set->axis[i]] = scale[i];
}

/* A size that is the input's own is left to follow it: the batch may change. */
static edy_status read_sizes(edy_onnx_context *c, const edy_shape *x, const axis_set *set,
                             edy_resize *r) {
    int64_t size[EDY_MAX_RANK];
    int32_t n;
    const edy_status status = edy_onnx_ints_input(c, 3, size, EDY_MAX_RANK, &n);
    if (status || n <= 0)
        return status;
    if (n != set->n)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "it has %d sizes for %d axes", n, set->n);
    r->by_size = true;
    for (int32_t i = 0; i < n; i++) {
        if (size[i] < 1)
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "size %" PRId64 " of axis %d", size[i],
                                      set->axis[i]);
        r->size[set->axis[i]] = size[i] == x->dim[set->axis[i]] ? 0 : size[i];
    }
    return EDY_OK;
}

static edy_status read_roi(edy_onnx_context *c, const axis_set *set, edy_resize *r) {
    const float *roi;
    for (int32_t i = 0; i < EDY_MAX_RANK; i++)
        r->roi[EDY_MAX_RANK + i] = 1.0f;
    if (r->coordinates != EDY_COORD_TF_CROP_AND_RESIZE)
        return EDY_OK;
    const edy_status status = floats_input(c, 1, 2 * (size_t)set->n, &roi);
    if (status)
        return status;
    if (!roi)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "tf_crop_and_resize without a roi");
    for (int32_t i = 0; i < set->n; i++) {
        r->roi[set->axis[i]] = roi[i];
        r->roi[EDY_MAX_RANK + set->axis[i]] = roi[set->n + i];
    }
    return EDY_OK;
}

static edy_status read_extents(edy_onnx_context *c, const edy_shape *x, edy_resize *r) {
    axis_set set;
    const float *scale = NULL;
    edy_status status = read_axes(c, x->rank, &set);
    if (!status && c->opset >= 11)
        status = read_roi(c, &set, r);
    if (!status)
        status = floats_input(c, c->opset < 11 ? 1 : 2, (size_t)set.n, &scale);
    if (!status && c->opset >= 11)
        status = read_sizes(c, x, &set, r);
    if (status)
        return status;
    if (!scale == !r->by_size)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "it needs either scales or sizes");
    if (scale)
        spread_scales(r, &set, scale);
    return EDY_OK;
}

static edy_status finish(edy_onnx_context *c, const edy_resize *r) {
    edy_node *n;
    const edy_status status = edy_onnx_begin(c, EDY_OP_RESIZE, 1, &n);
    if (status)
        return status;
    n->resize = *r;
    return edy_onnx_finish(c);
}

static edy_resize neutral(void) {
    edy_resize r = {.cubic_a = -0.75f};
    for (int32_t i = 0; i < EDY_MAX_RANK; i++)
        r.scale[i] = r.roi[EDY_MAX_RANK + i] = 1.0f;
    return r;
}

edy_status edy_import_resize(edy_onnx_context *c) {
    edy_value_id x;
    edy_resize r = neutral();
    edy_status status = edy_onnx_input(c, 0, &x);
    if (!status && c->opset < 10)
        status =
            edy_onnx_node_fail(c, EDY_UNSUPPORTED, "it does not exist in opset %" PRId64, c->opset);
    if (!status)
        status = read_modes(c, &r);
    if (!status)
        status = read_refused(c);
    if (!status)
        status = read_numbers(c, &r);
    if (!status) {
        const edy_shape shape = edy_onnx_value(c, x)->shape;
        status = read_extents(c, &shape, &r);
    }
    return status ? status : finish(c, &r);
}

/* Scales are an attribute in opset 7, input 1 from 9 on. */
edy_status edy_import_upsample(edy_onnx_context *c) {
    static const char *const modes[] = {"nearest", "linear", NULL};
    const float *scale = NULL;
    size_t n_scales = 0;
    int mode = 0;
    edy_value_id x;
    edy_resize r = neutral();
    r.coordinates = EDY_COORD_ASYMMETRIC;
    r.nearest = EDY_NEAREST_SIMPLE;
    edy_status status = edy_onnx_input(c, 0, &x);
    if (!status)
        status = read_choice(c, "mode", "nearest", modes, &mode);
    if (status)
        return status;
    r.mode = mode;
    const int32_t rank = edy_onnx_value(c, x)->shape.rank;
    axis_set all = {.n = rank};
    for (int32_t i = 0; i < rank; i++)
        all.axis[i] = i;
    status = c->opset < 9 ? edy_onnx_attr_floats(c, "scales", &scale, &n_scales)
                          : floats_input(c, 1, (size_t)rank, &scale);
    if (!status && (!scale || (c->opset < 9 && n_scales != (size_t)rank)))
        status = edy_onnx_node_fail(c, EDY_BAD_FILE, "it has not one scale for each axis");
    if (status)
        return status;
    spread_scales(&r, &all, scale);
    for (int32_t i = 0; i < rank; i++)
        if (!(r.scale[i] >= 1.0f))
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "scale %g of axis %d is not at least 1",
                                      (double)r.scale[i], i);
    return finish(c, &r);
}
