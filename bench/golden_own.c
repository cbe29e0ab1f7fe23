/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Goldens of a user's own model: ONNX test data beside it, or what we compute ourselves. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/golden.h"
#include "bench/oracle.h"
#include "engine/import/onnx_tensor_file.h"
#include "engine/plan.h"

enum { PATH_BYTES = 4096, MAX_TEST_SETS = 1000 };

static edy_status no_memory(edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "out of memory for expected outputs");
}

/* How a network's outputs can be judged. */
typedef enum arithmetic {
    FLOATS,   /* by a budget from oracle runs */
    INTEGERS, /* byte for byte: every operator that rounds is an integer one */
    MIXED /* one quantizer that falls the other way moves what follows: by a step of the output */
} arithmetic;

static bool is_quantized(const edy_graph *g) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == EDY_OP_QUANTIZE || g->node[i].op == EDY_OP_QLINEARCONV ||
            g->node[i].rule == EDY_RULE_TFLITE)
            return true;
    return false;
}

static bool rounds_in_float(const edy_graph *g, const edy_node *n) {
    if (g->value[n->output[0]].dtype != EDY_F32)
        return false;
    switch (n->op) {
    case EDY_OP_RELU:
    case EDY_OP_CLIP:
    case EDY_OP_MAXPOOL:
    case EDY_OP_RESHAPE:
    case EDY_OP_TRANSPOSE:
    case EDY_OP_PAD:
    case EDY_OP_CONCAT:
    case EDY_OP_QUANTIZE:
    case EDY_OP_DEQUANTIZE:
    case EDY_OP_LAYOUT:
    case EDY_OP_WHERE:
    case EDY_OP_SLICE:
    case EDY_OP_EXPAND:
    case EDY_OP_TILE:
    case EDY_OP_GATHER:
        return false;
    default:
        return true;
    }
}

static edy_status scalar_plan(const edy_graph *g, edy_plan **plan, edy_error *err) {
    const edy_plan_options options = {.backend = edy_backend_at(edy_backend_count() - 1)};
    return edy_plan_create(g, &options, plan, err);
}

/* Only the lowered graph shows what is computed in integers. */
static edy_status arithmetic_of(const edy_graph *graph, arithmetic *kind, edy_error *err) {
    *kind = FLOATS;
    if (!is_quantized(graph))
        return EDY_OK;
    edy_plan *plan = NULL;
    edy_status st = scalar_plan(graph, &plan, err);
    if (st)
        return st;
    const edy_graph *g = edy_plan_graph(plan);
    bool floats = true; /* all outputs: integers that come out are compared as such */
    for (int32_t i = 0; i < graph->n_outputs; i++)
        floats = floats && graph->value[graph->output[i]].dtype == EDY_F32;
    *kind = INTEGERS;
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (floats && rounds_in_float(g, &g->node[i]))
            *kind = MIXED;
    edy_plan_destroy(plan);
    return EDY_OK;
}

static edy_status check_ports(const edy_graph *g, edy_error *err) {
    if (g->n_inputs > EDY_GOLDEN_PORTS || g->n_outputs > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "a model of %d inputs and %d outputs; at most %d",
                        g->n_inputs, g->n_outputs, EDY_GOLDEN_PORTS);
    for (int32_t i = 0; i < g->n_inputs + g->n_outputs; i++) {
        const bool in = i < g->n_inputs;
        const edy_value *v = &g->value[in ? g->input[i] : g->output[i - g->n_inputs]];
        if (v->shape.rank < 1 || v->shape.dim[0] != g->batch)
            return edy_fail(err, EDY_UNSUPPORTED, "\"%.80s\" does not begin with the batch",
                            v->name);
    }
    return EDY_OK;
}

static edy_golden *create(edy_golden_source source, const char *origin, const char *provenance) {
    edy_golden *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->source = source;
    g->origin = strdup(origin);
    g->provenance = strdup(provenance);
    if (g->origin && g->provenance)
        return g;
    edy_golden_destroy(g);
    return NULL;
}

/* ---- Our own evaluation ---------------------------------------------------------------------- */

/* A copy of the graph at the batch that evaluation steps through the samples with: 1 where the
 * graph allows it, else its own. */
static edy_status clone_for_steps(const edy_graph *graph, size_t samples, edy_graph **copy,
                                  edy_error *err) {
    edy_status st = edy_graph_clone(graph, copy, err);
    if (!st && (*copy)->batch != 1 && edy_graph_set_batch(*copy, 1, NULL)) {
        edy_graph_destroy(*copy);
        *copy = NULL;
        st = edy_graph_clone(graph, copy, err);
    }
    if (!st && samples % (size_t)(*copy)->batch != 0)
        st = edy_fail(err, EDY_UNSUPPORTED,
                      "the model has the fixed batch %" PRId64 ", which %zu samples do not fill",
                      (*copy)->batch, samples);
    return st;
}

/* Inputs of the step that begins with sample `first`. */
static void step_inputs(const edy_graph *g, const edy_golden *golden, size_t first,
                        const void *in[EDY_GOLDEN_PORTS]) {
    for (int32_t i = 0; i < g->n_inputs; i++)
        in[i] = (const char *)golden->input[i].data + first * golden->input[i].sample_bytes;
}

/* Errors of the float run against the double run, over all outputs, and the outputs' magnitude. */
typedef struct reference {
    double max_error, max_abs;
} reference;

static void compare_runs(const edy_graph *g, const edy_oracle *exact, const edy_oracle *single,
                         reference *r) {
    for (int32_t i = 0; i < g->n_outputs; i++) {
        const edy_oracle_tensor *a = edy_oracle_value(exact, g->output[i]);
        const edy_oracle_tensor *b = edy_oracle_value(single, g->output[i]);
        for (size_t k = 0; k < a->count; k++) {
            const double error = fabs(a->data[k] - b->data[k]);
            r->max_error = error > r->max_error ? error : r->max_error;
            r->max_abs = fabs(a->data[k]) > r->max_abs ? fabs(a->data[k]) : r->max_abs;
        }
    }
}

/* Runs both oracles over all samples of golden's inputs. Sets reference_error; stores the double
 * outputs where keep says so (ports must have room). */
static edy_status evaluate_float(const edy_graph *g, edy_golden *golden, arithmetic kind, bool keep,
                                 edy_error *err) {
    edy_oracle *exact = NULL, *single = NULL;
    reference r = {0, 0};
    edy_status st = edy_oracle_create(g, EDY_ORACLE_DOUBLE, &exact, err);
    st = st ? st : edy_oracle_create(g, EDY_ORACLE_FLOAT, &single, err);
    for (size_t s = 0; s < golden->samples && !st; s += (size_t)g->batch) {
        const void *in[EDY_GOLDEN_PORTS];
        step_inputs(g, golden, s, in);
        st = edy_oracle_run(exact, in, err);
        st = st ? st : edy_oracle_run(single, in, err);
        if (st)
            break;
        compare_runs(g, exact, single, &r);
        for (int32_t i = 0; i < g->n_outputs && keep; i++) {
            const edy_oracle_tensor *y = edy_oracle_value(exact, g->output[i]);
            memcpy((char *)golden->output[i].data + s * golden->output[i].sample_bytes, y->data,
                   y->count * sizeof *y->data);
        }
    }
    /* A run that is exact by luck still is allowed the rounding of the result itself; for a mixed
     * network that is one of the 255 steps of its range. */
    const double step = kind == MIXED ? 1.0 / 255 : (double)FLT_EPSILON / 2;
    const double floor_error = r.max_abs * step + (double)FLT_MIN;
    golden->reference_error = r.max_error > floor_error ? r.max_error : floor_error;
    edy_oracle_destroy(exact);
    edy_oracle_destroy(single);
    return st;
}

/* Integer networks have one right answer, which the scalar backend gives; conform.h judges its
 * nodes against the double oracle one by one. */
static edy_status evaluate_integer(const edy_graph *g, edy_golden *golden, edy_error *err) {
    edy_plan *plan = NULL;
    edy_status st = scalar_plan(g, &plan, err);
    for (size_t s = 0; s < golden->samples && !st; s += (size_t)g->batch) {
        const void *in[EDY_GOLDEN_PORTS];
        void *out[EDY_GOLDEN_PORTS];
        step_inputs(g, golden, s, in);
        for (int32_t i = 0; i < g->n_outputs; i++)
            out[i] = (char *)golden->output[i].data + s * golden->output[i].sample_bytes;
        edy_plan_run(plan, in, out);
    }
    edy_plan_destroy(plan);
    return st;
}

/* Shape of a port for `samples` samples, and memory for them. */
static edy_status make_port(const edy_value *v, edy_dtype dtype, size_t samples,
                            edy_golden_port *port, edy_error *err) {
    const size_t batch = (size_t)v->shape.dim[0];
    port->dtype = dtype;
    port->shape = v->shape;
    port->shape.dim[0] = (int64_t)samples;
    port->sample_bytes = edy_shape_count(&v->shape) / batch * edy_dtype_bytes(dtype);
    port->data = calloc(samples, port->sample_bytes);
    return port->data ? EDY_OK : no_memory(err);
}

edy_status edy_golden_from_oracle(const edy_graph *graph, const void *const *inputs, size_t samples,
                                  edy_golden **out, edy_error *err) {
    *out = NULL;
    edy_graph *g = NULL;
    edy_golden *golden = NULL;
    arithmetic kind = FLOATS;
    edy_status st = check_ports(graph, err);
    st = st ? st : arithmetic_of(graph, &kind, err);
    if (st)
        return st;
    const bool exact = kind == INTEGERS;
    st = clone_for_steps(graph, samples, &g, err);
    if (!st) {
        golden = create(EDY_GOLDEN_ORACLE, exact ? "the scalar backend" : "scalar in double",
                        "edyno's own oracle");
        st = golden ? EDY_OK : no_memory(err);
    }
    if (!st) {
        golden->samples = samples;
        golden->exact = exact;
        golden->n_inputs = g->n_inputs;
        golden->n_outputs = g->n_outputs;
    }
    for (int32_t i = 0; !st && i < g->n_inputs; i++) {
        const edy_value *v = &g->value[g->input[i]];
        st = make_port(v, v->dtype, samples, &golden->input[i], err);
        if (!st)
            memcpy(golden->input[i].data, inputs[i], samples * golden->input[i].sample_bytes);
    }
    for (int32_t i = 0; !st && i < g->n_outputs; i++) {
        const edy_value *v = &g->value[g->output[i]];
        st = make_port(v, exact ? v->dtype : EDY_F64, samples, &golden->output[i], err);
    }
    if (!st)
        st = exact ? evaluate_integer(g, golden, err) : evaluate_float(g, golden, kind, true, err);
    edy_graph_destroy(g);
    if (st)
        edy_golden_destroy(golden);
    else
        *out = golden;
    return st;
}

/* ---- test_data_set_N ------------------------------------------------------------------------- */

static bool test_set_path(const char *model_path, size_t index, char path[PATH_BYTES]) {
    const char *slash = strrchr(model_path, '/');
    const int folder = slash ? (int)(slash - model_path) + 1 : 0;
    return snprintf(path, PATH_BYTES, "%.*stest_data_set_%zu", folder, model_path, index) <
           PATH_BYTES;
}

size_t edy_golden_test_sets(const char *model_path) {
    size_t n = 0;
    char path[PATH_BYTES];
    struct stat st;
    while (n < MAX_TEST_SETS && test_set_path(model_path, n, path) && stat(path, &st) == 0 &&
           S_ISDIR(st.st_mode))
        n++;
    return n;
}

/* Checks the file's tensor against the graph's value; *samples is set by the first one. */
static edy_status check_tensor(const char *path, const edy_file_tensor *t, const edy_value *v,
                               size_t *samples, edy_error *err) {
    if (t->dtype != v->dtype)
        return edy_fail(err, EDY_BAD_FILE, "%s: is %s, but \"%.80s\" of the model is %s", path,
                        edy_dtype_text(t->dtype), v->name, edy_dtype_text(v->dtype));
    bool fits = t->shape.rank == v->shape.rank && t->shape.rank >= 1 && t->shape.dim[0] >= 1;
    for (int32_t d = 1; fits && d < t->shape.rank; d++)
        fits = t->shape.dim[d] == v->shape.dim[d];
    if (fits && *samples == 0)
        *samples = (size_t)t->shape.dim[0];
    if (fits && (size_t)t->shape.dim[0] == *samples)
        return EDY_OK;
    char have[80], want[80];
    return edy_fail(err, EDY_BAD_FILE, "%s: has shape %s, but \"%.80s\" of the model has %s", path,
                    edy_shape_text(&t->shape, have, sizeof have), v->name,
                    edy_shape_text(&v->shape, want, sizeof want));
}

/* A tensor into a port, which takes its data; float outputs become EDY_F64. */
static edy_status take_port(const char *name, edy_file_tensor *t, const edy_value *v, bool widen,
                            size_t *samples, edy_golden_port *port, edy_error *err) {
    const bool wide = widen && t->dtype == EDY_F64 && v->dtype == EDY_F32;
    edy_file_tensor as = *t;
    as.dtype = wide ? EDY_F32 : t->dtype;
    const edy_status st = check_tensor(name, &as, v, samples, err);
    if (st)
        return st;
    if (widen && t->dtype == EDY_F32) {
        const size_t n = edy_shape_count(&t->shape);
        double *data = malloc((n ? n : 1) * sizeof *data);
        if (!data)
            return no_memory(err);
        for (size_t i = 0; i < n; i++)
            data[i] = (double)((const float *)t->data)[i];
        free(t->data);
        t->data = data;
        t->dtype = EDY_F64;
    }
    const size_t elems = edy_shape_count(&t->shape) / *samples;
    *port = (edy_golden_port){t->dtype, t->shape, elems * edy_dtype_bytes(t->dtype), t->data};
    t->data = NULL;
    return EDY_OK;
}

edy_status edy_golden_from_tensors(const edy_graph *graph, const char *origin,
                                   const char *provenance, const char *const *names,
                                   edy_file_tensor *in, edy_file_tensor *out, edy_golden **golden,
                                   edy_error *err) {
    *golden = NULL;
    arithmetic kind = FLOATS;
    edy_status st = check_ports(graph, err);
    st = st ? st : arithmetic_of(graph, &kind, err);
    if (st)
        return st;
    edy_graph *steps = NULL;
    edy_golden *g = create(EDY_GOLDEN_TEST_DATA, origin, provenance);
    if (!g)
        return no_memory(err);
    g->exact = kind == INTEGERS;
    g->n_inputs = graph->n_inputs;
    g->n_outputs = graph->n_outputs;
    for (int32_t i = 0; i < graph->n_inputs && !st; i++)
        st = take_port(names[i], &in[i], &graph->value[graph->input[i]], false, &g->samples,
                       &g->input[i], err);
    for (int32_t i = 0; i < graph->n_outputs && !st; i++)
        st = take_port(names[graph->n_inputs + i], &out[i], &graph->value[graph->output[i]],
                       !g->exact, &g->samples, &g->output[i], err);
    if (!st && !g->exact) {
        st = clone_for_steps(graph, g->samples, &steps, err);
        st = st ? st : evaluate_float(steps, g, kind, false, err);
    }
    edy_graph_destroy(steps);
    if (st)
        edy_golden_destroy(g);
    else
        *golden = g;
    return st;
}

/* Where the files of a data set are. */
typedef struct set_files {
    char path[2 * EDY_GOLDEN_PORTS][PATH_BYTES + 32];
    const char *name[2 * EDY_GOLDEN_PORTS];
    edy_file_tensor tensor[2 * EDY_GOLDEN_PORTS];
} set_files;

static edy_status read_set(const edy_graph *graph, const char *dir, set_files *f, edy_error *err) {
    edy_status st = EDY_OK;
    for (int32_t i = 0; i < graph->n_inputs + graph->n_outputs && !st; i++) {
        const bool in = i < graph->n_inputs;
        snprintf(f->path[i], sizeof f->path[i], "%s/%s_%d.pb", dir, in ? "input" : "output",
                 in ? i : i - graph->n_inputs);
        f->name[i] = f->path[i];
        st = edy_onnx_tensor_read(f->path[i], NULL, &f->tensor[i], err);
    }
    return st;
}

edy_status edy_golden_read_test_set(const char *model_path, size_t index, const edy_graph *graph,
                                    edy_golden **out, edy_error *err) {
    *out = NULL;
    char dir[PATH_BYTES];
    if (!test_set_path(model_path, index, dir))
        return edy_fail(err, EDY_LIMIT, "%.200s: the path is too long", model_path);
    edy_status st = check_ports(graph, err);
    if (st)
        return st;
    set_files *f = calloc(1, sizeof *f);
    if (!f)
        return no_memory(err);
    st = read_set(graph, dir, f, err);
    st = st ? st
            : edy_golden_from_tensors(graph, dir, "test data beside the model", f->name, f->tensor,
                                      f->tensor + graph->n_inputs, out, err);
    for (size_t i = 0; i < 2 * EDY_GOLDEN_PORTS; i++)
        edy_file_tensor_free(&f->tensor[i]);
    free(f);
    return st;
}
