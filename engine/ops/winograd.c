/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/winograd.h"

#include <stdio.h>
#include <string.h>

enum {
    WINDOW = 3,
    M_BYTES = 4,
    /* Where the weights stay in the cache (LOCAL_BYTES), a worker takes few tiles through all three
     * stages in memory of its own: LOCAL_ROWS times the rows of a register tile. */
    LOCAL_BYTES = 640 * 1024,
    LOCAL_ROWS = 1,
    /* Elsewhere all workers transform a group of tiles first, up to GROUP_VALUES but at least
     * MIN_GROUP, the fewest that one pass over the weights serves; then they share the products. */
    GROUP_VALUES = 128 * 1024,
    MIN_GROUP = 24,
    ITEM_TILES = 24,
    ITEM_CHANNELS = 64,
    PAD_BYTES = 64 /* keeps equal positions of a tile out of one set of the cache */
};

static size_t div_up(size_t a, size_t b) {
    return (a + b - 1) / b;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

bool edy_winograd_suits(const edy_graph *g, const edy_node *n) {
    const edy_window *w = &n->window;
    (void)g;
    return n->op == EDY_OP_CONV && !w->transposed && w->groups == 1 && w->kernel[0] == WINDOW &&
           w->kernel[1] == WINDOW && w->stride[0] == 1 && w->stride[1] == 1 &&
           w->dilation[0] == 1 && w->dilation[1] == 1;
}

static size_t outputs_of(const edy_graph *g, const edy_node *n) {
    return (size_t)g->value[n->output[0]].shape.dim[1];
}

double edy_winograd_cost(const edy_graph *g, const edy_node *n, const edy_winograd_form *form,
                         size_t out) {
    const edy_taps t = edy_taps_of(g, n);
    const double ins = (double)t.channels, outs = (double)outputs_of(g, n);
    const double tiles = (double)(div_up(t.out_w, out) * div_up(t.out_h, out));
    const double positions = (double)((out + WINDOW - 1) * (out + WINDOW - 1));
    const double direct =
        ins * outs * WINDOW * WINDOW * ((double)(t.out_h * t.out_w) + form->weight);
    return positions *
           (form->product * tiles * outs * (ins + form->ends) + form->weight * ins * outs +
            tiles * form->transform * (ins + outs * (double)form->parts)) /
           direct;
}

const char *edy_winograd_phrase(edy_planner *p, double cost, bool chosen, const char *direct) {
    char text[120];
    if (chosen)
        snprintf(text, sizeof text, "3x3, stride 1: Winograd, cost %.2f of direct", cost);
    else
        snprintf(text, sizeof text, "%s; Winograd would cost %.2f of it", direct, cost);
    return edy_region_string(p->region, text);
}

static edy_winograd_cut cut_make(const edy_graph *g, const edy_node *n,
                                 const edy_winograd_form *form, size_t out) {
    const edy_taps t = edy_taps_of(g, n);
    const size_t mr = form->mr, nr = form->nr;
    edy_winograd_cut c = {
        .out = out, .in = out + WINDOW - 1, .channels = t.channels, .outputs = outputs_of(g, n)};
    c.positions = c.in * c.in;
    c.across = div_up(t.out_w, c.out);
    c.down = div_up(t.out_h, c.out);
    c.tiles = t.batch * c.across * c.down;
    c.local = c.positions * c.channels * c.outputs * form->v_bytes <= LOCAL_BYTES;
    size_t fit = GROUP_VALUES / (c.positions * c.channels);
    fit = c.local ? LOCAL_ROWS * mr : fit < MIN_GROUP ? MIN_GROUP : fit;
    const size_t groups = div_up(c.tiles, fit); /* of equal size */
    c.group_tiles = smaller(c.tiles, div_up(div_up(c.tiles, groups), mr) * mr);
    c.groups = div_up(c.tiles, c.group_tiles);
    c.item_tiles = smaller(c.group_tiles, div_up(ITEM_TILES, mr) * mr);
    c.item_channels = smaller(c.outputs, div_up(ITEM_CHANNELS, nr) * nr);
    c.ranges = div_up(c.group_tiles, c.item_tiles);
    c.blocks = div_up(c.outputs, c.item_channels);
    c.part_channels = edy_winograd_part_channels(c.channels, form->parts);
    c.parts = div_up(c.channels, c.part_channels);
    c.v_stride = c.group_tiles * c.channels + PAD_BYTES / form->v_bytes;
    c.m_stride = c.item_tiles * c.item_channels + PAD_BYTES / M_BYTES;
    return c;
}

/* Where a tile of the row of all tiles lies. */
typedef struct tile_place {
    size_t image, index, x, y; /* index in the image; x, y: first output pixel */
} tile_place;

static tile_place place_of(const edy_winograd_cut *c, size_t tile) {
    const size_t per_image = c->across * c->down;
    const size_t index = tile % per_image;
    return (tile_place){.image = tile / per_image,
                        .index = index,
                        .x = index % c->across * c->out,
                        .y = index / c->across * c->out};
}

/* Tiles [first, first + count) of all, into places [at, at + count) of v. */
static void transform(const edy_winograd *w, size_t first, size_t count, char *v, size_t at) {
    const edy_winograd_cut *c = &w->cut;
    for (size_t i = 0; i < count; i++) {
        const tile_place p = place_of(c, first + i);
        w->input(w, w->pointers + p.index * c->positions, p.image * w->image_x * w->form.x_bytes,
                 v + (at + i) * c->channels * w->form.v_bytes);
    }
}

/* Products of places [at, at + count) of v with one block of output channels. */
static void multiply(const edy_winograd *w, const char *v, size_t at, size_t count, size_t block,
                     size_t channels, char *m) {
    const edy_winograd_cut *c = &w->cut;
    const size_t mr = w->form.mr;
    for (size_t i = 0; i < c->parts * c->positions; i++) {
        const size_t k = i / c->positions * c->part_channels;
        const size_t kc = smaller(c->channels - k, c->part_channels);
        const char *from =
            v + (i % c->positions * c->v_stride + at * c->channels + k) * w->form.v_bytes;
        const char *packed = w->packed + (block * c->parts * c->positions + i) * w->block_bytes;
        for (size_t row = 0; row < count; row += mr)
            w->multiply(w, smaller(count - row, mr), channels, kc,
                        from + row * c->channels * w->form.v_bytes, packed,
                        m + (i * c->m_stride + row * channels) * M_BYTES);
    }
}

/* Outputs of tiles [first, first + count) of all, channels of one block. */
static void transform_back(const edy_winograd *w, size_t first, size_t count, size_t n0,
                           size_t channels, const char *m) {
    const edy_winograd_cut *c = &w->cut;
    for (size_t i = 0; i < count; i++) {
        const tile_place p = place_of(c, first + i);
        const size_t to = p.image * w->image_y + (p.y * w->out_w + p.x) * w->pixel_y + n0;
        w->output(w, n0, channels, m + i * channels * M_BYTES, smaller(w->out_h - p.y, c->out),
                  smaller(w->out_w - p.x, c->out), to);
    }
}

/* One block of channels of tiles [first, first + count), which stand in v from `at` on. */
static void compute(const edy_winograd *w, size_t first, size_t count, size_t block, const char *v,
                    size_t at, char *m) {
    const size_t n0 = block * w->cut.item_channels;
    const size_t channels = smaller(w->cut.outputs - n0, w->cut.item_channels);
    multiply(w, v, at, count, block, channels, m);
    transform_back(w, first, count, n0, channels, m);
}

static size_t m_bytes(const edy_winograd_cut *c) {
    return c->parts * c->positions * c->m_stride * M_BYTES;
}

static void run_groups(void *context, unsigned worker, size_t begin, size_t end) {
    const edy_winograd *w = context;
    const edy_winograd_cut *c = &w->cut;
    char *const v = w->v + worker * c->positions * c->v_stride * w->form.v_bytes;
    char *const m = w->m + worker * m_bytes(c);
    for (size_t group = begin; group < end; group++) {
        const size_t first = group * c->group_tiles;
        const size_t count = smaller(c->tiles - first, c->group_tiles);
        transform(w, first, count, v, 0);
        for (size_t block = 0; block < c->blocks; block++)
            compute(w, first, count, block, v, 0, m);
    }
}

static void transform_group(void *context, size_t begin, size_t end) {
    const edy_winograd *w = context;
    transform(w, w->group * w->cut.group_tiles + begin, end - begin, w->v, begin);
}

static void compute_group(void *context, unsigned worker, size_t begin, size_t end) {
    const edy_winograd *w = context;
    const edy_winograd_cut *c = &w->cut;
    const size_t group_first = w->group * c->group_tiles;
    const size_t group_tiles = smaller(c->tiles - group_first, c->group_tiles);
    char *const m = w->m + worker * m_bytes(c);
    for (size_t item = begin; item < end; item++) {
        const size_t at = item % c->ranges * c->item_tiles;
        if (at < group_tiles)
            compute(w, group_first + at, smaller(group_tiles - at, c->item_tiles), item / c->ranges,
                    w->v, at, m);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    edy_winograd *w = step->state;
    const edy_winograd_cut *c = &w->cut;
    if (c->local) {
        edy_parallel_for_workers(threads, c->groups, run_groups, w);
        return;
    }
    for (w->group = 0; w->group < c->groups; w->group++) {
        const size_t tiles = smaller(c->tiles - w->group * c->group_tiles, c->group_tiles);
        edy_parallel_for(threads, tiles, transform_group, w);
        edy_parallel_for_workers(threads, c->ranges * c->blocks, compute_group, w);
    }
}

/* The input pixels of every tile of one image; what lies outside the image is padding. Tiles that
 * stick out of the result may read beyond the padding too: those outputs are not stored. */
static edy_status make_pointers(edy_planner *p, const edy_step *step, int fill, edy_winograd *w,
                                edy_error *err) {
    const edy_winograd_cut *c = &w->cut;
    const edy_taps t = edy_taps_of(p->graph, step->node);
    const size_t count = c->across * c->down * c->positions,
                 row_bytes = c->channels * w->form.x_bytes;
    const char *x = step->in[EDY_IN_X];
    w->pointers = edy_planner_indirection(p, count * sizeof *w->pointers);
    w->zero = edy_planner_indirection(p, row_bytes);
    if (!w->pointers || !w->zero)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the pointer list");
    memset(w->zero, fill, row_bytes);
    for (size_t i = 0; i < count; i++) {
        const size_t tile = i / c->positions, at = i % c->positions;
        const int64_t row = (int64_t)(tile / c->across * c->out + at / c->in) - t.window->pad[0];
        const int64_t column = (int64_t)(tile % c->across * c->out + at % c->in) - t.window->pad[1];
        const bool inside =
            row >= 0 && column >= 0 && row < (int64_t)t.in_h && column < (int64_t)t.in_w;
        w->pointers[i] = inside ? x + ((size_t)row * t.in_w + (size_t)column) * row_bytes : w->zero;
    }
    return EDY_OK;
}

static size_t v_bytes(const edy_winograd_cut *c, const edy_winograd_form *form, unsigned threads) {
    const size_t bytes = (c->local ? threads : 1) * c->positions * c->v_stride * form->v_bytes;
    return div_up(bytes, PAD_BYTES) * PAD_BYTES;
}

size_t edy_winograd_scratch(const edy_graph *g, const edy_node *n, const edy_winograd_form *form,
                            size_t out, unsigned threads) {
    const edy_winograd_cut c = cut_make(g, n, form, out);
    return v_bytes(&c, form, threads) + threads * m_bytes(&c);
}

edy_status edy_winograd_prepare(edy_planner *p, edy_step *step, const edy_winograd_form *form,
                                size_t out, int fill, edy_winograd *w, edy_error *err) {
    const edy_taps t = edy_taps_of(p->graph, step->node);
    w->form = *form;
    w->cut = cut_make(p->graph, step->node, form, out);
    w->out_h = t.out_h;
    w->out_w = t.out_w;
    w->image_x = t.in_h * t.in_w * t.channels;
    w->pixel_y = step->y_stride ? step->y_stride : w->cut.outputs;
    w->image_y = t.out_h * t.out_w * w->pixel_y;
    w->v = step->scratch;
    w->m = w->v + v_bytes(&w->cut, form, p->threads);
    step->run = run;
    step->tile[0] = (uint16_t)form->mr;
    step->tile[1] = (uint16_t)form->nr;
    return make_pointers(p, step, fill, w, err);
}
