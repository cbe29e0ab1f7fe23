/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/inspect.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/print_text.h"

enum { MAP_WIDTH = 64 };

/* ---- Words ----------------------------------------------------------------------------------- */

const char *edy_fused_text(const edy_node *n, char *text, size_t size) {
    const bool residual = n->op == EDY_OP_CONV && n->n_inputs > EDY_IN_RESIDUAL &&
                          n->input[EDY_IN_RESIDUAL] != EDY_NO_VALUE;
    const bool own = n->op == EDY_OP_RELU || n->op == EDY_OP_CLIP;
    char activation[64] = "";
    if (n->act_min == 0 && n->act_max == INFINITY)
        snprintf(activation, sizeof activation, " + Relu");
    else if (n->act_min != -INFINITY || n->act_max != INFINITY)
        snprintf(activation, sizeof activation, " + Clip(%g, %g)", (double)n->act_min,
                 (double)n->act_max);
    snprintf(text, size, "%s%s", residual ? " + Add" : "", own ? "" : activation);
    return text;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void print_port(const char *kind, const edy_plan_port *port, FILE *out) {
    char shape[80];
    fprintf(out, "%-8s%s  %s %s\n", kind, port->name, edy_dtype_text(port->dtype),
            edy_shape_text(&port->shape, shape, sizeof shape));
}

static void print_head(const edy_inspection *i, FILE *out) {
    char macs[32], parameters[32];
    char title[4400];
    char opset[32] = "";
    if (i->graph->opset) /* only ONNX has one */
        snprintf(opset, sizeof opset, ", opset %" PRId64, i->graph->opset);
    snprintf(title, sizeof title, "%.120s  %.4096s%s", i->title, i->model_path, opset);
    edy_print_wrapped(out, 0, title);
    for (int32_t k = 0; k < edy_plan_input_count(i->plan); k++)
        print_port("input", edy_plan_input(i->plan, k), out);
    for (int32_t k = 0; k < edy_plan_output_count(i->plan); k++)
        print_port("output", edy_plan_output(i->plan, k), out);
    fprintf(out, "%s MACs a run, %s parameters\n",
            edy_grouped(edy_graph_macs(edy_plan_graph(i->plan)) * edy_plan_groups(i->plan), macs),
            edy_grouped(edy_graph_parameters(i->graph), parameters));
    fprintf(out, "%d nodes in the file, %d steps on backend %s\n", i->graph->n_nodes,
            edy_plan_step_count(i->plan), edy_plan_backend(i->plan)->name);
    if (i->graph->n_dequantized)
        fprintf(out,
                "hybrid: %d constants are integers in the file and were made float at import\n",
                i->graph->n_dequantized);
    if (edy_plan_groups(i->plan) > 1)
        fprintf(out, "the batch goes through these steps in %zu groups, one after the other\n",
                edy_plan_groups(i->plan));
    fputc('\n', out);
}

/* ", tile 6x16": rows by channels in registers. Winograd's tile is of outputs. */
static const char *tile_text(const edy_plan_step *s, char *text, size_t size) {
    text[0] = '\0';
    if (s->winograd)
        snprintf(text, size, ", tile %ux%u by GEMMs of %ux%u", s->winograd, s->winograd, s->tile[0],
                 s->tile[1]);
    else if (s->tile[0])
        snprintf(text, size, ", tile %ux%u", s->tile[0], s->tile[1]);
    return text;
}

/* Whether the result takes an input's place. A Concat that has nothing to copy says so itself. */
static const char *over_text(const edy_plan_step *s) {
    if (s->over < 0 || s->node->op == EDY_OP_CONCAT)
        return "";
    return s->node->op == EDY_OP_CONV ? "; over the residual" : "; over its input";
}

static void print_step(const edy_plan *plan, int32_t index, FILE *out) {
    const edy_plan_step s = edy_plan_step_at(plan, index);
    const edy_value *y = &edy_plan_graph(plan)->value[s.node->output[0]];
    char fused[80], op[120], shape[80], macs[32], packed[32];
    snprintf(op, sizeof op, "%s%s", edy_node_text(s.node),
             edy_fused_text(s.node, fused, sizeof fused));
    fprintf(out, "%4d  %-21s %-8s %-15s %12s %13s\n", index, op, edy_dtype_text(y->dtype),
            edy_shape_text(&y->shape, shape, sizeof shape), edy_grouped(s.macs, macs),
            edy_grouped(s.packed_bytes, packed));
    char line[500], tile[80];
    snprintf(line, sizeof line, "%.80s%s (%.160s%s%s), %.120s", s.kernel,
             tile_text(&s, tile, sizeof tile), s.reason, over_text(&s),
             s.inside ? "; into the Concat's output" : "", s.node->name);
    edy_print_wrapped(out, 6, line);
}

static void print_steps(const edy_plan *plan, FILE *out) {
    fprintf(out, "%s  %-21s %-8s %-15s %12s %13s\n", "STEP", "OPERATOR", "DTYPE", "OUTPUT", "MACS",
            "WEIGHT BYTES");
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        print_step(plan, i, out);
    int32_t left = 0;
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++)
        left += edy_plan_step_at(plan, i).transposes;
    fprintf(out, "\nTransposes left: %d\n", left);
    for (int32_t i = 0; i < edy_plan_step_count(plan); i++) {
        const edy_plan_step s = edy_plan_step_at(plan, i);
        char line[400];
        if (!s.transposes)
            continue;
        snprintf(line, sizeof line, "step %d, %.120s (%s): %.160s", i, s.node->name,
                 edy_node_text(s.node), s.reason);
        edy_print_wrapped(out, 2, line);
    }
}

static void print_bytes(const char *what, size_t bytes, FILE *out) {
    char text[32];
    fprintf(out, "  %-34s %14s bytes\n", what, edy_grouped(bytes, text));
}

static void print_memory(const edy_plan *plan, FILE *out) {
    const edy_plan_memory m = edy_plan_memory_use(plan);
    fprintf(out, "\nMemory\n");
    print_bytes("weights as stored", m.weights_bytes, out);
    print_bytes("weights as packed", m.packed_bytes, out);
    print_bytes("arena (activations and scratch)", m.arena_bytes, out);
    print_bytes("  no placement can be below", m.arena_lower_bound_bytes, out);
    print_bytes("  scratch in it", m.scratch_bytes, out);
    print_bytes("pointer lists and tables", m.indirection_bytes, out);
}

void edy_inspect_print(const edy_inspection *i, FILE *out) {
    print_head(i, out);
    print_steps(i->plan, out);
    print_memory(i->plan, out);
    edy_arena_map_print(i->plan, MAP_WIDTH, out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static cJSON *shape_json(const edy_shape *s) {
    cJSON *list = cJSON_CreateArray();
    for (int32_t i = 0; i < s->rank; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)s->dim[i]));
    return list;
}

static void add_port(cJSON *list, const edy_plan_port *port) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", port->name);
    cJSON_AddStringToObject(o, "dtype", edy_dtype_text(port->dtype));
    cJSON_AddItemToObject(o, "shape", shape_json(&port->shape));
    cJSON_AddItemToArray(list, o);
}

static cJSON *step_json(const edy_plan *plan, int32_t index) {
    const edy_plan_step s = edy_plan_step_at(plan, index);
    const edy_value *y = &edy_plan_graph(plan)->value[s.node->output[0]];
    char fused[80];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "node", s.node->name);
    cJSON_AddStringToObject(o, "operator", edy_node_text(s.node));
    cJSON_AddStringToObject(o, "fused", edy_fused_text(s.node, fused, sizeof fused));
    cJSON_AddStringToObject(o, "dtype", edy_dtype_text(y->dtype));
    cJSON_AddItemToObject(o, "shape", shape_json(&y->shape));
    cJSON_AddNumberToObject(o, "macs", (double)s.macs);
    cJSON_AddStringToObject(o, "kernel", s.kernel);
    cJSON_AddStringToObject(o, "reason", s.reason);
    const int tile[2] = {s.tile[0], s.tile[1]};
    cJSON_AddItemToObject(o, "tile",
                          s.tile[0] ? cJSON_CreateIntArray(tile, 2) : cJSON_CreateNull());
    cJSON_AddNumberToObject(o, "winograd", s.winograd);
    cJSON_AddNumberToObject(o, "over_input", s.over);
    cJSON_AddBoolToObject(o, "in_concat", s.inside);
    cJSON_AddNumberToObject(o, "packed_bytes", (double)s.packed_bytes);
    cJSON_AddBoolToObject(o, "transposes", s.transposes);
    return o;
}

static cJSON *memory_json(const edy_plan *plan) {
    const edy_plan_memory m = edy_plan_memory_use(plan);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "weights_bytes", (double)m.weights_bytes);
    cJSON_AddNumberToObject(o, "packed_bytes", (double)m.packed_bytes);
    cJSON_AddNumberToObject(o, "arena_bytes", (double)m.arena_bytes);
    cJSON_AddNumberToObject(o, "arena_lower_bound_bytes", (double)m.arena_lower_bound_bytes);
    cJSON_AddNumberToObject(o, "scratch_bytes", (double)m.scratch_bytes);
    cJSON_AddNumberToObject(o, "indirection_bytes", (double)m.indirection_bytes);
    return o;
}

static cJSON *arena_json(const edy_plan *plan) {
    const edy_graph *g = edy_plan_graph(plan);
    cJSON *list = cJSON_CreateArray();
    for (edy_value_id v = 0; v < g->n_values; v++) {
        size_t offset, bytes;
        int32_t first, last;
        if (!edy_plan_place(plan, v, &offset, &bytes, &first, &last))
            continue;
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", g->value[v].name);
        cJSON_AddNumberToObject(o, "offset", (double)offset);
        cJSON_AddNumberToObject(o, "bytes", (double)bytes);
        cJSON_AddNumberToObject(o, "first", first);
        cJSON_AddNumberToObject(o, "last", last);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

bool edy_inspect_print_json(const edy_inspection *i, FILE *out) {
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "name", i->title);
    cJSON_AddStringToObject(root, "model", i->model_path);
    cJSON_AddNumberToObject(root, "opset", (double)i->graph->opset);
    cJSON_AddNumberToObject(root, "dequantized_constants", (double)i->graph->n_dequantized);
    cJSON_AddStringToObject(root, "backend", edy_plan_backend(i->plan)->name);
    cJSON_AddNumberToObject(root, "macs", (double)edy_graph_macs(edy_plan_graph(i->plan)));
    cJSON_AddNumberToObject(root, "parameters", (double)edy_graph_parameters(i->graph));
    cJSON *inputs = cJSON_AddArrayToObject(root, "inputs");
    for (int32_t k = 0; k < edy_plan_input_count(i->plan); k++)
        add_port(inputs, edy_plan_input(i->plan, k));
    cJSON *outputs = cJSON_AddArrayToObject(root, "outputs");
    for (int32_t k = 0; k < edy_plan_output_count(i->plan); k++)
        add_port(outputs, edy_plan_output(i->plan, k));
    cJSON *steps = cJSON_AddArrayToObject(root, "steps");
    for (int32_t k = 0; k < edy_plan_step_count(i->plan); k++)
        cJSON_AddItemToArray(steps, step_json(i->plan, k));
    cJSON_AddItemToObject(root, "memory", memory_json(i->plan));
    cJSON_AddItemToObject(root, "arena", arena_json(i->plan));
    char *text = cJSON_Print(root);
    if (text)
        fprintf(out, "%s\n", text);
    free(text);
    cJSON_Delete(root);
    return text != NULL;
}
