/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bench/print_text.h"
#include "bench/profile.h"

/* The text without the first place where the part stands. */
static void cut_out(char *text, const char *part) {
    char *at = strstr(text, part);
    if (at)
        memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
}

/* "Conv 3x3/2 +Add", "GlobalAvgPool", "Quantize": what a step does, in 15 columns. */
static const char *operator_text(const edy_node *n, char *text, size_t size) {
    const bool residual = n->op == EDY_OP_CONV && n->n_inputs > EDY_IN_RESIDUAL &&
                          n->input[EDY_IN_RESIDUAL] != EDY_NO_VALUE;
    char stride[16] = "";
    if (n->window.stride[0] > 1 || n->window.stride[1] > 1)
        snprintf(stride, sizeof stride, "/%d", (int)n->window.stride[0]);
    snprintf(text, size, "%s", edy_node_text(n));
    if (n->op == EDY_OP_CONV)
        snprintf(text, size, "%s %dx%d%s%s", edy_node_text(n), (int)n->window.kernel[0],
                 (int)n->window.kernel[1], stride, residual ? " +Add" : "");
    if (strstr(text, "AveragePool"))
        memcpy(strstr(text, "AveragePool"), "AvgPool", sizeof "AvgPool");
    cut_out(text, "Linear");
    return text;
}

/* The kernel without what the head tells: its instruction set where that is the backend's, and the
 * rule, which is the model's. */
static const char *kernel_text(const edy_plan *plan, const char *kernel, char *text, size_t size) {
    char isa[64];
    snprintf(isa, sizeof isa, "__%.60s", edy_plan_backend(plan)->name);
    snprintf(text, size, "%s", kernel);
    cut_out(text, isa);
    cut_out(text, "_onnx");
    cut_out(text, "_tflite");
    return text;
}

/* Three digits and a letter: 0, 640, 3.58k, 4.22M. */
static const char *bytes_text(size_t bytes, char *text, size_t size) {
    static const char letter[] = " kMG";
    double v = (double)bytes;
    size_t i = 0;
    while (v >= 999.5 && i < 3) {
        v /= 1000;
        i++;
    }
    if (i == 0)
        snprintf(text, size, "%zu", bytes);
    else
        snprintf(text, size, "%.*f%c", v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, letter[i]);
    return text;
}

/* Blanks where there is no figure. */
static const char *figure(double value, char text[24]) {
    if (isnan(value))
        text[0] = '\0';
    else
        snprintf(text, 24, "%.*f", value < 999.95, value);
    return text;
}

static void print_rate(const edy_profile_rate *r, const char *last, FILE *out) {
    char gops[24], of_peak[24], line[120];
    int n = snprintf(line, sizeof line, " %8.1f %5.1f %5s %5s %5s", r->ns / 1e3, 100 * r->share,
                     figure(r->gops, gops), figure(100 * r->of_peak, of_peak), last);
    while (n > 0 && n < (int)sizeof line && line[n - 1] == ' ')
        n--;
    fprintf(out, "%.*s\n", n, line);
}

static void print_step(const edy_profile *p, int32_t index, FILE *out) {
    const edy_plan_step s = edy_plan_step_at(p->plan, index);
    const edy_shape *y = &edy_plan_graph(p->plan)->value[s.node->output[0]].shape;
    char op[64], shape[80], kernel[120], bytes[24];
    const char *extent = strchr(edy_shape_text(y, shape, sizeof shape), 'x');
    fprintf(out, "%3d %-15.15s %-10.10s %-16.16s", index, operator_text(s.node, op, sizeof op),
            extent ? extent + 1 : shape, kernel_text(p->plan, s.kernel, kernel, sizeof kernel));
    print_rate(&p->step[index], bytes_text(s.packed_bytes, bytes, sizeof bytes), out);
}

static void print_head(const edy_profile *p, const char *title, FILE *out) {
    static const char *const what[] = {"fp32", "int8"};
    const char *s = p->threads == 1 ? "" : "s";
    const int64_t batch = edy_plan_input(p->plan, 0)->shape.dim[0];
    fprintf(out, "%s  backend %s, %u thread%s, batch %" PRId64 ", medians of %zu runs\n", title,
            edy_plan_backend(p->plan)->name, p->threads, s, batch, p->runs);
    fprintf(out, "peak of one core, measured:\n");
    for (int i = 0; i < 2; i++)
        if (p->peaks.loop[i])
            fprintf(out, "  %s %8.1f G%s/s (%s)\n", what[i], p->peaks.ops[i] / 1e9,
                    i ? "OP" : "FLOP", p->peaks.loop[i]->name);
        else
            fprintf(out, "  %s not known: no loop for this CPU\n", what[i]);
    if (edy_plan_groups(p->plan) > 1)
        fprintf(out, "the batch is run in %zu equal groups; steps are those of one\n",
                edy_plan_groups(p->plan));
    if (p->threads > 1)
        fprintf(out, "shares of the peak are of %u times that, one for each thread\n", p->threads);
}

static void print_classes(const edy_profile *p, FILE *out) {
    fprintf(out, "\n%-21s %25s %8s %5s %5s %5s\n", "CLASS OF LAYER", "STEPS", "us", "%", "GOP/s",
            "PEAK%");
    for (int c = 0; c < EDY_LAYER_CLASSES; c++) {
        if (!p->steps_by[c])
            continue;
        fprintf(out, "%-21s %25d", edy_layer_class_text((edy_layer_class)c), p->steps_by[c]);
        print_rate(&p->by[c], "", out);
    }
    const double of_peak = p->by[EDY_LAYER_POINTWISE].of_peak;
    if (p->steps_by[EDY_LAYER_POINTWISE] && !isnan(of_peak))
        fprintf(out, "pointwise: %.1f %% of the measured peak\n", 100 * of_peak);
}

void edy_profile_print(const edy_profile *p, const char *title, FILE *out) {
    bool winograd = false;
    print_head(p, title, out);
    fprintf(out, "\n%3s %-15s %-10s %-16s %8s %5s %5s %5s %5s\n", "", "OPERATOR", "OUTPUT",
            "KERNEL", "us", "%", "GOP/s", "PEAK%", "BYTES");
    for (int32_t i = 0; i < p->n; i++) {
        print_step(p, i, out);
        winograd = winograd || edy_plan_step_at(p->plan, i).winograd;
    }
    fprintf(out, "%3s %-43s", "", "sum of the steps");
    print_rate(&p->all, "", out);
    char whole[80];
    const size_t groups = edy_plan_groups(p->plan);
    if (groups > 1)
        snprintf(whole, sizeof whole, "a whole run / %zu, copies in and out too", groups);
    else
        snprintf(whole, sizeof whole, "a whole run, copies in and out too");
    fprintf(out, "%3s %-43s %8.1f", "", whole, p->whole_ns / 1e3 / (double)groups);
    fprintf(out, "\n");
    print_classes(p, out);
    edy_print_wrapped(out, 0,
                      "GOP/s: 2 operations a multiply-add (GFLOP/s in fp32). BYTES: packed "
                      "weights.");
    if (winograd)
        edy_print_wrapped(out, 0,
                          "Winograd layers are counted as if direct; they multiply less, and so "
                          "may exceed the peak.");
    if (!isnan(p->reading_ns))
        fprintf(out, "Each step's time has one reading of the clock in it, %.0f ns.\n",
                p->reading_ns);
}
