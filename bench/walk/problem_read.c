/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The grammar of problem.h, from text to edy_problem. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/walk/problem.h"
#include "workloads/text_file.h"

enum { MAX_FILE_BYTES = 4 << 20, MAX_LINE = 400 };

/* One line being read. */
typedef struct reader {
    const char *origin;
    size_t line;
    edy_problem *p;
    uint32_t seen; /* bit i: key i of the table below was there */
    edy_error *err;
} reader;

static edy_status refuse(const reader *r, const char *what, const char *value, const char *why) {
    char place[32] = "";
    if (r->line)
        snprintf(place, sizeof place, ":%zu", r->line);
    return edy_fail(r->err, EDY_BAD_FILE, "%.200s%s: %s \"%.60s\" %s", r->origin, place, what,
                    value, why);
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Decimal digits alone; moves *text behind them. */
static bool digits(const char **text, uint64_t *value) {
    char *end;
    if (!isdigit((unsigned char)**text))
        return false;
    errno = 0;
    *value = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

static bool extent(const char **text, int64_t low, int64_t *out) {
    uint64_t v;
    if (!digits(text, &v) || v > EDY_MAX_EXTENT || (int64_t)v < low)
        return false;
    *out = (int64_t)v;
    return true;
}

/* `n` extents with a separator between, nothing behind. */
static bool extents(const char *text, char separator, int64_t low, int n, int64_t *out) {
    for (int i = 0; i < n; i++) {
        if (i > 0 && *text++ != separator)
            return false;
        if (!extent(&text, low, &out[i]))
            return false;
    }
    return *text == '\0';
}

/* N, mr, tile, Ktile, mr+N, Ktile+N */
static bool term(const char **text, edy_extent *e) {
    int64_t number = 1;
    *e = (edy_extent){.number = 0};
    const bool factor = isdigit((unsigned char)**text);
    if (factor && !extent(text, 1, &number))
        return false;
    if (strncmp(*text, "tile", 4) == 0) {
        e->tiles = number;
        *text += 4;
    } else if (!factor && strncmp(*text, "mr", 2) == 0) {
        e->max_rows = 1;
        *text += 2;
    } else {
        e->number = number;
        return factor;
    }
    if (**text != '+')
        return true;
    ++*text;
    return extent(text, 1, &e->number);
}

static bool range(const char *text, edy_extent_range *out) {
    if (!term(&text, &out->first))
        return false;
    out->last = out->first;
    if (strncmp(text, "..", 2) == 0) {
        text += 2;
        if (!term(&text, &out->last))
            return false;
    }
    return *text == '\0';
}

static bool one_of(const char *value, const char *const *names, int n, int *out) {
    for (int i = 0; i < n; i++)
        if (strcmp(value, names[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static bool read_rows(edy_problem *p, const char *v) {
    return range(v, &p->rows);
}
static bool read_channels(edy_problem *p, const char *v) {
    return range(v, &p->channels);
}
static bool read_depth(edy_problem *p, const char *v) {
    return range(v, &p->depth);
}
static bool read_taps(edy_problem *p, const char *v) {
    return range(v, &p->taps);
}
static bool read_in(edy_problem *p, const char *v) {
    int64_t two[2];
    if (p->layer.kind != EDY_LAYER_GEMM)
        return extents(v, 'x', 1, 4, p->layer.in);
    if (!extents(v, 'x', 1, 2, two))
        return false;
    memcpy(p->layer.in, (const int64_t[]){two[0], 1, 1, two[1]}, sizeof p->layer.in);
    return true;
}
static bool read_out(edy_problem *p, const char *v) {
    return extents(v, 'x', 1, 1, &p->layer.out);
}
static bool read_kernel(edy_problem *p, const char *v) {
    return extents(v, 'x', 1, 2, p->layer.kernel);
}
static bool read_stride(edy_problem *p, const char *v) {
    return extents(v, 'x', 1, 2, p->layer.stride);
}
static bool read_dilation(edy_problem *p, const char *v) {
    return extents(v, 'x', 1, 2, p->layer.dilation);
}
static bool read_pads(edy_problem *p, const char *v) {
    return extents(v, ',', 0, 4, p->layer.pad);
}
static bool read_groups(edy_problem *p, const char *v) {
    return extents(v, 'x', 1, 1, &p->layer.groups);
}
static bool read_act(edy_problem *p, const char *v) {
    static const char *const names[] = {"none", "relu", "relu6"};
    int act;
    const bool found = one_of(v, names, EDY_ACTS, &act);
    if (found)
        p->layer.act = (edy_layer_act)act;
    return found;
}
static bool read_residual(edy_problem *p, const char *v) {
    p->layer.residual = strcmp(v, "1") == 0;
    return p->layer.residual || strcmp(v, "0") == 0;
}
static bool read_dtype(edy_problem *p, const char *v) {
    for (int i = 0; i < EDY_LAYER_DTYPES; i++)
        if (strcmp(v, edy_layer_dtype_text((edy_layer_dtype)i)) == 0 &&
            edy_layer_has_dtype(p->layer.kind, (edy_layer_dtype)i)) {
            p->dtype = i;
            return true;
        }
    return false;
}
static bool read_fill(edy_problem *p, const char *v) {
    for (int i = 0; i < EDY_FILL_COUNT; i++)
        if (strcmp(v, edy_fill_text((edy_fill)i)) == 0) {
            p->fill = i;
            return true;
        }
    return false;
}
static bool read_seed(edy_problem *p, const char *v) {
    p->has_seed = digits(&v, &p->seed) && *v == '\0';
    return p->has_seed;
}

/* Which layers have a key, as bits of their kinds; ROW for rows. */
#define K(kind) (1u << EDY_LAYER_##kind)
#define ROW (1u << 30)
#define WINDOW (K(CONV) | K(DWCONV) | K(MAXPOOL) | K(AVGPOOL))
#define LAYERS ((1u << EDY_LAYER_COUNT) - 1)

static const struct {
    const char *name;
    bool (*read)(edy_problem *p, const char *value);
    uint32_t of, needed;
    const char *expected;
} keys[] = {
    {"rows", read_rows, ROW, 0, "is not N, mr or a range A..B"},
    {"channels", read_channels, ROW, ROW, "is not N, tile, Ktile+N or a range A..B"},
    {"depth", read_depth, ROW, 0, "is not a number or a range A..B"},
    {"taps", read_taps, ROW, 0, "is not a number or a range A..B"},
    {"in", read_in, LAYERS, LAYERS, "is not NxHxWxC (gemm: ROWSxDEPTH)"},
    {"out", read_out, K(CONV) | K(GEMM), K(CONV) | K(GEMM), "is not a number of channels"},
    {"kernel", read_kernel, WINDOW, WINDOW, "is not HxW"},
    {"stride", read_stride, WINDOW, 0, "is not HxW"},
    {"dilation", read_dilation, WINDOW, 0, "is not HxW"},
    {"pads", read_pads, WINDOW, 0, "is not TOP,LEFT,BOTTOM,RIGHT"},
    {"groups", read_groups, K(CONV), 0, "is not a number of groups"},
    {"act", read_act, LAYERS & ~(K(MEAN) | K(MAXPOOL) | K(AVGPOOL)), 0,
     "is not none, relu or relu6"},
    {"residual", read_residual, K(CONV), 0, "is not 0 or 1"},
    {"dtype", read_dtype, LAYERS, 0, "is not a dtype that this kind of layer has"},
    {"fill", read_fill, ROW | LAYERS, 0, "is not exact, one-signed, realistic or extreme"},
    {"seed", read_seed, ROW | LAYERS, 0, "is not a whole number below 2^64"},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static uint32_t kind_bit(const edy_problem *p) {
    return p->is_layer ? 1u << p->layer.kind : ROW;
}

static edy_status read_pair(reader *r, char *word) {
    char *value = strchr(word, '=');
    if (!value)
        return refuse(r, "word", word, "is not key=value");
    *value++ = '\0';
    for (uint32_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, word) != 0 || !(keys[i].of & kind_bit(r->p)))
            continue;
        if (r->seen & 1u << i)
            return refuse(r, "field", word, "is given twice");
        r->seen |= 1u << i;
        return keys[i].read(r->p, value) ? EDY_OK : refuse(r, word, value, keys[i].expected);
    }
    return refuse(r, "field", word, "is none that this kind of problem has");
}

static edy_status read_kind(reader *r, const char *word) {
    edy_problem *p = r->p;
    for (int i = 0; i < EDY_LAYER_COUNT; i++)
        if (strcmp(word, edy_layer_kind_text((edy_layer_kind)i)) == 0) {
            p->is_layer = true;
            p->layer.kind = (edy_layer_kind)i;
            return EDY_OK;
        }
    p->family = edy_kernel_family_find(word);
    if (p->family || strcmp(word, "any") == 0)
        return EDY_OK;
    return refuse(r, "kind", word, "is neither a layer, nor a kernel family, nor \"any\"");
}

/* ---- What must fit together ------------------------------------------------------------------ */

static edy_status check_layer(const reader *r) {
    edy_layer *l = &r->p->layer;
    char text[64];
    if (l->kind == EDY_LAYER_DWCONV)
        l->groups = l->in[3];
    if (l->kind != EDY_LAYER_CONV && l->kind != EDY_LAYER_GEMM)
        l->out = l->in[3];
    snprintf(text, sizeof text, "%" PRId64, l->groups);
    if (l->in[3] % l->groups != 0 || l->out % l->groups != 0)
        return refuse(r, "groups", text, "does not divide the channels of input and output");
    for (int axis = 0; axis < 2; axis++) {
        const int64_t reach = (l->kernel[axis] - 1) * l->dilation[axis] + 1;
        snprintf(text, sizeof text, "%" PRId64, reach);
        if (edy_layer_places(l, axis) < 1)
            return refuse(r, "window of", text, "does not fit into the padded input");
        const bool pool = l->kind == EDY_LAYER_MAXPOOL || l->kind == EDY_LAYER_AVGPOOL;
        if (pool && (l->pad[axis] >= reach || l->pad[axis + 2] >= reach))
            return refuse(r, "window of", text, "of a pool is no larger than its padding");
    }
    const double in = (double)l->in[0] * (double)l->in[1] * (double)l->in[2] * (double)l->in[3];
    const double out = (double)l->in[0] * (double)edy_layer_places(l, 0) *
                       (double)edy_layer_places(l, 1) * (double)l->out;
    const double taps = (double)l->kernel[0] * (double)l->kernel[1];
    const double w = taps * (double)l->out * (double)(l->in[3] / l->groups);
    const double list = taps * (double)edy_layer_places(l, 0) * (double)edy_layer_places(l, 1);
    const double most = EDY_MAX_TENSOR_ELEMS;
    if (in > most || out > most || w > most || list > most)
        return refuse(r, "problem", edy_layer_kind_text(l->kind),
                      "has a tensor over 2^27 elements");
    return EDY_OK;
}

/* The largest value of a range for any kernel: no tile is wider than 256. */
static double most_of(const edy_extent_range *range) {
    const edy_kernel_limits widest = {.max_rows = 256, .tile = 256};
    const int64_t a = edy_extent_value(&range->first, &widest);
    const int64_t b = edy_extent_value(&range->last, &widest);
    return (double)(a > b ? a : b);
}

static bool is_backward(const edy_extent_range *range) {
    const edy_extent *a = &range->first, *b = &range->last;
    return a->tiles >= b->tiles && a->max_rows >= b->max_rows && a->number > b->number;
}

static edy_status check_rows(const reader *r) {
    const edy_problem *p = r->p;
    const edy_extent_range *range[] = {&p->rows, &p->channels, &p->depth, &p->taps};
    const char *const name[] = {"rows", "channels", "depth", "taps"};
    double cases = 1;
    for (int i = 0; i < 4; i++) {
        if (is_backward(range[i]))
            return refuse(r, "range of", name[i], "ends before it begins");
        const bool many = memcmp(&range[i]->first, &range[i]->last, sizeof(edy_extent)) != 0;
        cases *= many ? most_of(range[i]) : 1;
    }
    const double rows = most_of(&p->rows), channels = most_of(&p->channels);
    const double reduction = most_of(&p->depth) * most_of(&p->taps);
    if (cases > 1e6)
        return refuse(r, "ranges of", name[1], "and others make over a million cases");
    if (reduction > 65536) /* int8 sums leave int32 beyond */
        return refuse(r, "product of", "depth*taps", "is over 65536");
    if (channels * reduction > EDY_MAX_TENSOR_ELEMS || rows * reduction > EDY_MAX_TENSOR_ELEMS ||
        rows * channels * most_of(&p->taps) > EDY_MAX_TENSOR_ELEMS)
        return refuse(r, "problem of", name[0], "and channels has a tensor over 2^27 elements");
    return EDY_OK;
}

static edy_status check_line(const reader *r) {
    for (uint32_t i = 0; i < KEYS; i++)
        if ((keys[i].needed & kind_bit(r->p)) && !(r->seen & 1u << i))
            return refuse(r, "field", keys[i].name, "is missing");
    return r->p->is_layer ? check_layer(r) : check_rows(r);
}

edy_status edy_problem_parse(const char *origin, size_t line, const char *text, edy_problem *p,
                             edy_error *err) {
    static const edy_extent one = {1, 0, 0};
    reader r = {origin, line, p, 0, err};
    char copy[MAX_LINE], *rest = NULL;
    const edy_extent_range only = {one, one};
    *p = (edy_problem){
        .rows = only,
        .channels = only,
        .depth = only,
        .taps = only,
        .dtype = -1,
        .fill = -1,
        .line = line,
        .layer = {.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1}};
    if (strlen(text) >= sizeof copy)
        return refuse(&r, "line", text, "is longer than 399 bytes");
    strcpy(copy, text);
    char *word = strtok_r(copy, " \t\r", &rest);
    if (!word)
        return refuse(&r, "problem", text, "is empty");
    edy_status st = read_kind(&r, word);
    while (!st && (word = strtok_r(NULL, " \t\r", &rest)))
        st = read_pair(&r, word);
    return st ? st : check_line(&r);
}

static edy_status read_lines(const char *path, char *text, edy_problems *all, edy_error *err) {
    edy_status st = EDY_OK;
    size_t line = 0, before = all->n;
    for (char *at = text, *next; at && !st; at = next) {
        next = strchr(at, '\n');
        if (next)
            *next++ = '\0';
        line++;
        at[strcspn(at, "#")] = '\0';
        if (at[strspn(at, " \t\r")] == '\0')
            continue;
        edy_problem p;
        st = edy_problem_parse(path, line, at, &p, err);
        if (!st && all->n - before >= EDY_MAX_PROBLEMS)
            st = edy_fail(err, EDY_LIMIT, "%.200s:%zu: more than %d problems", path, line,
                          EDY_MAX_PROBLEMS);
        st = st ? st : edy_problems_add(all, &p, err);
    }
    if (st)
        all->n = before;
    return st;
}

edy_status edy_problems_read(const char *path, edy_problems *all, edy_error *err) {
    char *text = NULL;
    edy_status st = edy_text_file_read(path, MAX_FILE_BYTES, &text, err);
    if (!st) {
        const size_t before = all->n;
        st = read_lines(path, text, all, err);
        if (!st && all->n == before)
            st = edy_fail(err, EDY_BAD_FILE, "%.200s: holds no problem", path);
    }
    free(text);
    return st;
}
