/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/compress/ranges_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/file_write.h"
#include "engine/import/model_file.h"

enum { LINE_BYTES = 4352 }; /* a name is of at most 4096 */

/* ---- Writing --------------------------------------------------------------------------------- */

/* True where quantization takes the range behind v's activations instead. */
static bool is_before_clamp(const edy_graph *g, edy_value_id v) {
    const int32_t reader = edy_graph_consumer(g, v);
    return reader >= 0 && (g->node[reader].op == EDY_OP_RELU || g->node[reader].op == EDY_OP_CLIP);
}

/* Four digits that are not nearer to zero than x. */
static double away_from_zero(float x) {
    char text[32];
    double y = 0;
    for (int more = 0; more < 2; more++) { /* %.3e rounds to nearest: the next step is enough */
        const double step = more ? pow(10, floor(log10(fabs((double)x))) - 3) : 0;
        snprintf(text, sizeof text, "%.3e", (double)x + (x < 0 ? -step : step));
        y = strtod(text, NULL);
        if (fabs(y) >= fabs((double)x))
            break;
    }
    return y;
}

static void print_range(FILE *out, const char *name, edy_range r) {
    fprintf(out, "%s %.4g %.4g\n", name, away_from_zero(r.low), away_from_zero(r.high));
}

static void print_all(FILE *out, const edy_graph *g, const edy_calibration *calibration) {
    fprintf(out, "ranges %s %" PRIu64 "\n", g->name[0] ? g->name : "-",
            edy_calibration_images(calibration));
    for (edy_value_id v = 0; v < g->n_values; v++) {
        const edy_range r = edy_calibration_range(calibration, v);
        if (r.low <= r.high && !is_before_clamp(g, v))
            print_range(out, g->value[v].name, r);
    }
}

edy_status edy_ranges_write(const char *path, const edy_graph *graph,
                            const edy_calibration *calibration, edy_error *err) {
    edy_graph *g = NULL;
    edy_error inner;
    char *text = NULL;
    size_t size = 0;
    edy_status status = edy_calibration_prepare(graph, &g, &inner);
    FILE *out = status ? NULL : open_memstream(&text, &size);
    if (out)
        print_all(out, g, calibration);
    if (!status && (!out || fclose(out)))
        status = edy_fail(&inner, EDY_NO_MEMORY, "no memory for the ranges");
    if (!status)
        status = edy_file_replace(path, text, size, &inner);
    free(text);
    edy_graph_destroy(g);
    return status ? edy_fail(err, status, "%.200s: %s", path, inner.message) : EDY_OK;
}

/* ---- Reading --------------------------------------------------------------------------------- */

typedef struct reader {
    const char *path;
    const edy_graph *graph; /* prepared */
    edy_error *err;
    edy_range *range; /* [graph->n_values] */
    uint64_t images;
    edy_value_id next; /* the first value that may be named */
    size_t line;
} reader;

static edy_status bad(const reader *r, const char *sentence, const char *word) {
    return edy_fail(r->err, EDY_BAD_FILE, "%.150s:%zu: %s \"%.80s\"", r->path, r->line, sentence,
                    word);
}

static edy_status read_head(reader *r, char *line) {
    char *name = line, *count = NULL, *end = NULL;
    if (strncmp(line, "ranges ", 7) == 0) {
        name = line + 7;
        count = strchr(name, ' ');
    }
    if (!count)
        return bad(r, "must be \"ranges NAME IMAGES\", not", line);
    *count++ = '\0';
    if (strcmp(name, r->graph->name[0] ? r->graph->name : "-") != 0)
        return bad(r, "these are the ranges of another network,", name);
    r->images = strtoull(count, &end, 10);
    if (count[0] < '0' || count[0] > '9' || *end || r->images == 0)
        return bad(r, "the number of images is", count);
    return EDY_OK;
}

static edy_status read_number(const reader *r, const char *text, float *out) {
    char *end = NULL;
    *out = strtof(text, &end);
    const bool decimal = text[0] && strspn(text, "0123456789.eE+-") == strlen(text);
    return decimal && !*end && isfinite(*out) ? EDY_OK : bad(r, "not a number:", text);
}

static edy_status read_range(reader *r, char *line) {
    char *low = strchr(line, ' '), *high = low ? strchr(low + 1, ' ') : NULL;
    if (!high)
        return bad(r, "must be \"TENSOR LOW HIGH\", not", line);
    *low++ = '\0';
    *high++ = '\0';
    const edy_graph *g = r->graph;
    while (r->next < g->n_values && strcmp(g->value[r->next].name, line) != 0)
        r->next++;
    if (r->next == g->n_values)
        return bad(r, "the network has no such tensor, or not here:", line);
    edy_range *range = &r->range[r->next++];
    edy_status status = read_number(r, low, &range->low);
    status = status ? status : read_number(r, high, &range->high);
    if (!status && range->low > range->high)
        status = bad(r, "the range holds nothing:", line);
    return status;
}

/* Cuts the next line out of text, without its comment and blanks at the end; NULL behind the
 * last. */
static const char *next_line(const char *text, const char *end, char line[LINE_BYTES]) {
    if (text == end)
        return NULL;
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *stop = newline ? newline : end;
    size_t n = (size_t)(stop - text) < LINE_BYTES ? (size_t)(stop - text) : LINE_BYTES - 1;
    memcpy(line, text, n);
    line[n] = '\0';
    line[strcspn(line, "#")] = '\0';
    for (n = strlen(line); n > 0 && strchr(" \t\r", line[n - 1]); n--)
        line[n - 1] = '\0';
    return newline ? newline + 1 : end;
}

static edy_status read_lines(reader *r, const char *text, size_t size) {
    char line[LINE_BYTES];
    const char *end = text + size;
    bool begun = false;
    edy_status status = EDY_OK;
    while (!status && (text = next_line(text, end, line))) {
        r->line++;
        if (!line[0])
            continue;
        status = begun ? read_range(r, line) : read_head(r, line);
        begun = true;
    }
    return status || begun ? status : bad(r, "is without ranges", "");
}

static void make_printable(edy_error *err) {
    for (char *p = err->message; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
}

/* Of the prepared graph. */
static edy_status read_ranges(reader *r, const char *text, size_t size,
                              edy_calibration **calibration) {
    const int32_t n = r->graph->n_values;
    r->range = malloc(((size_t)n + 1) * sizeof *r->range);
    if (!r->range)
        return edy_fail(r->err, EDY_NO_MEMORY, "%.200s: no memory for the ranges", r->path);
    for (int32_t i = 0; i < n; i++)
        r->range[i] = (edy_range){INFINITY, -INFINITY};
    edy_status status = read_lines(r, text, size);
    if (status)
        make_printable(r->err);
    if (!status)
        status = edy_calibration_of_ranges(r->range, n, r->images, calibration, r->err);
    free(r->range);
    return status;
}

edy_status edy_ranges_read(const char *path, const edy_graph *graph, const edy_limits *limits,
                           edy_calibration **calibration, edy_error *err) {
    const edy_limits defaults = edy_limits_default();
    edy_graph *g = NULL;
    edy_error own, inner;
    uint8_t *bytes;
    size_t size;
    *calibration = NULL;
    edy_status status =
        edy_model_file_read(path, limits ? limits : &defaults, &bytes, &size, &inner);
    if (status)
        return edy_fail(err, status, "%.200s: %s", path, inner.message);
    status = edy_calibration_prepare(graph, &g, &inner);
    if (status)
        edy_fail(err, status, "%.200s: %s", path, inner.message);
    reader r = {.path = path, .graph = g, .err = err ? err : &own};
    if (!status)
        status = read_ranges(&r, (const char *)bytes, size, calibration);
    free(bytes);
    edy_graph_destroy(g);
    return status;
}
