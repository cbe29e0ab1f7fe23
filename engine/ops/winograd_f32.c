/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/winograd_f32.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/ops/window_taps.h"

enum {
    WINDOW = 3,
    MAX_IN = 6,
    /* Where the weights stay in the cache (LOCAL_BYTES), a worker takes few tiles through all three
     * stages in memory of its own: LOCAL_ROWS times the rows of a register tile. */
    LOCAL_BYTES = 640 * 1024,
    LOCAL_ROWS = 1,
    /* Elsewhere all workers transform a group of tiles first, up to GROUP_BYTES but at least
     * MIN_GROUP, the fewest that one pass over the weights serves; then they share the products. */
    GROUP_BYTES = 1024 * 1024,
    MIN_GROUP = 48,
    ITEM_TILES = 48,
    ITEM_CHANNELS = 64,
    PAD_FLOATS = 16 /* keeps equal positions of a tile out of one set of the cache */
};

/* How one layer is cut. Strides in floats. */
typedef struct cut {
    size_t in, out, positions;        /* tile edges, in * in */
    size_t channels, outputs;         /* of the layer */
    size_t across, down, tiles;       /* tiles of one image, of all images */
    bool local;                       /* an item is a group */
    size_t group_tiles, groups;       /* tiles a group */
    size_t item_tiles, item_channels; /* one item */
    size_t ranges, blocks;            /* items of a group: tile ranges by channel blocks */
    size_t v_stride, m_stride;        /* from position to position */
} cut;

static size_t div_up(size_t a, size_t b) {
    return (a + b - 1) / b;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static cut cut_make(const edy_graph *g, const edy_node *n, const edy_f32_dense *dense,
                    const edy_f32_winograd *winograd) {
    const edy_taps t = edy_taps_of(g, n);
    const size_t mr = dense->mr, nr = dense->nr;
    cut c = {.out = winograd->out,
             .in = winograd->out + WINDOW - 1u,
             .channels = t.channels,
             .outputs = (size_t)g->value[n->output[0]].shape.dim[1]};
    c.positions = c.in * c.in;
    c.across = div_up(t.out_w, c.out);
    c.down = div_up(t.out_h, c.out);
    c.tiles = t.batch * c.across * c.down;
    c.local = c.positions * c.channels * c.outputs * sizeof(float) <= LOCAL_BYTES;
    size_t fit = GROUP_BYTES / (c.positions * c.channels * sizeof(float));
    fit = c.local ? LOCAL_ROWS * mr : fit < MIN_GROUP ? MIN_GROUP : fit;
    c.group_tiles = smaller(c.tiles, div_up(fit, mr) * mr);
    c.groups = div_up(c.tiles, c.group_tiles);
    c.item_tiles = smaller(c.group_tiles, div_up(ITEM_TILES, mr) * mr);
    c.item_channels = smaller(c.outputs, div_up(ITEM_CHANNELS, nr) * nr);
    c.ranges = div_up(c.group_tiles, c.item_tiles);
    c.blocks = div_up(c.outputs, c.item_channels);
    c.v_stride = c.group_tiles * c.channels + PAD_FLOATS;
    c.m_stride = c.item_tiles * c.item_channels + PAD_FLOATS;
    return c;
}

static bool suits(const edy_graph *g, const edy_node *n) {
    const edy_window *w = &n->window;
    return n->op == EDY_OP_CONV && w->groups == 1 && w->kernel[0] == WINDOW &&
           w->kernel[1] == WINDOW && w->stride[0] == 1 && w->stride[1] == 1 &&
           w->dilation[0] == 1 && w->dilation[1] == 1 &&
           g->value[n->input[EDY_IN_X]].dtype == EDY_F32;
}

/* Cost of one image in units of a multiply-add. Weights of a layer this large come from beyond L2,
 * WEIGHT units a float; a product's beginning and end cost as much as ENDS channels more; a
 * transform costs TRANSFORM units a float that it reads or writes. The figures are measured. */
enum { WEIGHT = 8, ENDS = 12, TRANSFORM = 5 };

static double direct_cost(const edy_taps *t, double in, double out) {
    const double window = WINDOW * WINDOW;
    return in * out * window * ((double)(t->out_h * t->out_w) + WEIGHT);
}

static double winograd_cost(const edy_taps *t, double in, double out, size_t tile) {
    const double tiles = (double)(div_up(t->out_w, tile) * div_up(t->out_h, tile));
    const double positions = (double)((tile + WINDOW - 1) * (tile + WINDOW - 1));
    return positions *
           (tiles * out * (in + ENDS) + WEIGHT * in * out + tiles * TRANSFORM * (in + out));
}

const edy_f32_winograd *edy_winograd_choose(const edy_graph *g, const edy_node *n,
                                            const edy_kernels *k) {
    if (!suits(g, n))
        return NULL;
    const edy_taps t = edy_taps_of(g, n);
    const double in = (double)t.channels;
    const double out = (double)g->value[n->output[0]].shape.dim[1];
    double best = 0.9 * direct_cost(&t, in, out); /* a gain too small to see is not worth memory */
    const edy_f32_winograd *choice = NULL;
    for (size_t i = 0; i < EDY_WINOGRAD_COUNT; i++) {
        if (!k->f32_winograd[i].name)
            continue;
        const double cost = winograd_cost(&t, in, out, k->f32_winograd[i].out);
        if (cost < best) {
            best = cost;
            choice = &k->f32_winograd[i];
        }
    }
    return choice;
}

const char *edy_winograd_reason(edy_planner *p, const edy_node *n, const char *direct) {
    if (!suits(p->graph, n))
        return direct;
    const edy_taps t = edy_taps_of(p->graph, n);
    const double in = (double)t.channels;
    const double out = (double)p->graph->value[n->output[0]].shape.dim[1];
    const edy_f32_winograd *choice = edy_winograd_choose(p->graph, n, p->kernels);
    double least = 0;
    char text[120];
    for (size_t i = 0; i < EDY_WINOGRAD_COUNT; i++) {
        const edy_f32_winograd *w = &p->kernels->f32_winograd[i];
        if (!w->name || (choice && choice != w))
            continue;
        const double cost = winograd_cost(&t, in, out, w->out) / direct_cost(&t, in, out);
        least = least == 0 || cost < least ? cost : least;
    }
    if (least == 0)
        return direct; /* the backend has no such kernel */
    if (choice)
        snprintf(text, sizeof text, "3x3, stride 1: Winograd, cost %.2f of direct", least);
    else
        snprintf(text, sizeof text, "%s; Winograd would cost %.2f of it", direct, least);
    return edy_region_string(p->region, text);
}

typedef struct winograd_state {
    cut cut;
    const edy_f32_dense *dense;
    const edy_f32_winograd *kernel;
    size_t out_h, out_w, image_x, image_y; /* pixels; elements from image to image */
    size_t pixel_y;                        /* elements from pixel to pixel of y and residual */
    const float **pointers;                /* [tiles of an image][in * in] */
    float *zero, *bias;                    /* [channels], [outputs] */
    char *packed;                          /* [blocks][positions] */
    size_t block_bytes;
    float *v, *m; /* scratch: [positions] of a group, where local one for each worker; of an item,
                     for each worker */
    edy_f32_clamp clamp;
    const float *residual;
    float *y;
    size_t group; /* the one in work */
} winograd_state;

/* Where a tile of the row of all tiles lies. */
typedef struct tile_place {
    size_t image, index, x, y; /* index in the image; x, y: first output pixel */
} tile_place;

static tile_place place_of(const winograd_state *s, size_t tile) {
    const size_t per_image = s->cut.across * s->cut.down;
    const size_t index = tile % per_image;
    return (tile_place){.image = tile / per_image,
                        .index = index,
                        .x = index % s->cut.across * s->cut.out,
                        .y = index / s->cut.across * s->cut.out};
}

/* Tiles [first, first + count) of all, into places [at, at + count) of v. */
static void transform(const winograd_state *s, size_t first, size_t count, float *v, size_t at) {
    for (size_t i = 0; i < count; i++) {
        const tile_place p = place_of(s, first + i);
        s->kernel->input(s->cut.channels, s->pointers + p.index * s->cut.positions,
                         p.image * s->image_x * sizeof(float), s->zero,
                         v + (at + i) * s->cut.channels, s->cut.v_stride);
    }
}

/* Products of places [at, at + count) of v with one block of output channels. */
static void multiply(const winograd_state *s, const float *v, size_t at, size_t count, size_t block,
                     size_t channels, float *m) {
    static const edy_f32_clamp none = {-__builtin_inff(), __builtin_inff()};
    const size_t mr = s->dense->mr, kc = s->cut.channels;
    for (size_t i = 0; i < s->cut.positions; i++) {
        const float *from = v + i * s->cut.v_stride + at * kc;
        const void *w = s->packed + (block * s->cut.positions + i) * s->block_bytes;
        for (size_t row = 0; row < count; row += mr)
            s->dense->gemm(smaller(count - row, mr), channels, kc, from + row * kc, kc, w,
                           m + i * s->cut.m_stride + row * channels, channels, NULL, &none);
    }
}

/* Outputs of tiles [first, first + count) of all, channels of one block. */
static void transform_back(const winograd_state *s, size_t first, size_t count, size_t n0,
                           size_t channels, const float *m) {
    const cut *c = &s->cut;
    for (size_t i = 0; i < count; i++) {
        const tile_place p = place_of(s, first + i);
        const size_t to = p.image * s->image_y + (p.y * s->out_w + p.x) * s->pixel_y + n0;
        s->kernel->output(channels, m + i * channels, c->m_stride, s->bias + n0,
                          smaller(s->out_h - p.y, c->out), smaller(s->out_w - p.x, c->out),
                          s->y + to, s->out_w * s->pixel_y, s->pixel_y,
                          s->residual ? s->residual + to : NULL, &s->clamp);
    }
}

/* One block of channels of tiles [first, first + count), which stand in v from `at` on. */
static void compute(const winograd_state *s, size_t first, size_t count, size_t block,
                    const float *v, size_t at, float *m) {
    const size_t n0 = block * s->cut.item_channels;
    const size_t channels = smaller(s->cut.outputs - n0, s->cut.item_channels);
    multiply(s, v, at, count, block, channels, m);
    transform_back(s, first, count, n0, channels, m);
}

static void run_groups(void *context, unsigned worker, size_t begin, size_t end) {
    const winograd_state *s = context;
    const cut *c = &s->cut;
    float *const v = s->v + worker * c->positions * c->v_stride;
    float *const m = s->m + worker * c->positions * c->m_stride;
    for (size_t group = begin; group < end; group++) {
        const size_t first = group * c->group_tiles;
        const size_t count = smaller(c->tiles - first, c->group_tiles);
        transform(s, first, count, v, 0);
        for (size_t block = 0; block < c->blocks; block++)
            compute(s, first, count, block, v, 0, m);
    }
}

static void transform_group(void *context, size_t begin, size_t end) {
    const winograd_state *s = context;
    transform(s, s->group * s->cut.group_tiles + begin, end - begin, s->v, begin);
}

static void compute_group(void *context, unsigned worker, size_t begin, size_t end) {
    const winograd_state *s = context;
    const cut *c = &s->cut;
    const size_t group_first = s->group * c->group_tiles;
    const size_t group_tiles = smaller(c->tiles - group_first, c->group_tiles);
    float *const m = s->m + worker * c->positions * c->m_stride;
    for (size_t item = begin; item < end; item++) {
        const size_t at = item % c->ranges * c->item_tiles;
        if (at < group_tiles)
            compute(s, group_first + at, smaller(group_tiles - at, c->item_tiles), item / c->ranges,
                    s->v, at, m);
    }
}

static void run(const edy_step *step, edy_threads *threads) {
    winograd_state *s = step->state;
    const cut *c = &s->cut;
    if (c->local) {
        edy_parallel_for_workers(threads, c->groups, run_groups, s);
        return;
    }
    for (s->group = 0; s->group < c->groups; s->group++) {
        const size_t tiles = smaller(c->tiles - s->group * c->group_tiles, c->group_tiles);
        edy_parallel_for(threads, tiles, transform_group, s);
        edy_parallel_for_workers(threads, c->ranges * c->blocks, compute_group, s);
    }
}

/* Rows of G (Lavin and Gray) for tiles of 4 x 4 and of 2 x 2 outputs. */
static const double g4[MAX_IN][WINDOW] = {
    {1.0 / 4, 0.0, 0.0},           {-1.0 / 6, -1.0 / 6, -1.0 / 6}, {-1.0 / 6, 1.0 / 6, -1.0 / 6},
    {1.0 / 24, 1.0 / 12, 1.0 / 6}, {1.0 / 24, -1.0 / 12, 1.0 / 6}, {0.0, 0.0, 1.0}};
static const double g2[MAX_IN][WINDOW] = {
    {1.0, 0.0, 0.0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0.0, 0.0, 1.0}};

/* u[y * in + x] = (G g Gt)[y][x], in double; the caller rounds once. */
static void transform_weights(size_t out, const float g[WINDOW * WINDOW], double *u) {
    const double(*const matrix)[WINDOW] = out == 4 ? g4 : g2;
    const size_t in = out + WINDOW - 1;
    for (size_t y = 0; y < in; y++)
        for (size_t x = 0; x < in; x++) {
            double sum = 0.0;
            for (size_t i = 0; i < WINDOW; i++)
                for (size_t j = 0; j < WINDOW; j++)
                    sum += matrix[y][i] * (double)g[i * WINDOW + j] * matrix[x][j];
            u[y * in + x] = sum;
        }
}

/* u[position][output of the block][channel] of one block. Weights are [M][C][3][3]. */
static void transform_block(const winograd_state *s, const float *w, size_t n0, size_t count,
                            float *u) {
    const cut *c = &s->cut;
    double one[MAX_IN * MAX_IN];
    for (size_t n = 0; n < count; n++)
        for (size_t k = 0; k < c->channels; k++) {
            transform_weights(c->out, w + ((n0 + n) * c->channels + k) * WINDOW * WINDOW, one);
            for (size_t i = 0; i < c->positions; i++)
                u[(i * count + n) * c->channels + k] = (float)one[i];
        }
}

static edy_status pack(edy_planner *p, edy_step *step, winograd_state *s, edy_error *err) {
    const cut *c = &s->cut;
    const float *bias = step->in[EDY_IN_BIAS];
    s->block_bytes = s->dense->packed_bytes(c->item_channels, c->channels, 1);
    s->packed = edy_planner_packed(p, step, c->blocks * c->positions * s->block_bytes);
    s->bias = edy_planner_packed(p, step, c->outputs * sizeof *s->bias);
    float *u = malloc(c->positions * c->item_channels * c->channels * sizeof *u);
    if (!s->packed || !s->bias || !u) {
        free(u);
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the weights");
    }
    for (size_t n = 0; bias && n < c->outputs; n++)
        s->bias[n] = bias[n];
    for (size_t b = 0; b < c->blocks; b++) {
        const size_t n0 = b * c->item_channels;
        const size_t count = smaller(c->outputs - n0, c->item_channels);
        transform_block(s, step->in[EDY_IN_W], n0, count, u);
        for (size_t i = 0; i < c->positions; i++)
            s->dense->pack(count, c->channels, 1, u + i * count * c->channels, NULL,
                           s->packed + (b * c->positions + i) * s->block_bytes);
    }
    free(u);
    return EDY_OK;
}

/* The input pixels of every tile of one image; what lies outside the image is padding. Tiles that
 * stick out of the result may read beyond the padding too: those outputs are not stored. */
static edy_status make_pointers(edy_planner *p, const edy_step *step, winograd_state *s,
                                edy_error *err) {
    const cut *c = &s->cut;
    const edy_taps t = edy_taps_of(p->graph, step->node);
    const size_t count = c->across * c->down * c->positions;
    const float *x = step->in[EDY_IN_X];
    s->pointers = edy_planner_indirection(p, count * sizeof *s->pointers);
    s->zero = edy_planner_indirection(p, c->channels * sizeof *s->zero);
    if (!s->pointers || !s->zero)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the pointer list");
    for (size_t i = 0; i < count; i++) {
        const size_t tile = i / c->positions, at = i % c->positions;
        const int64_t row = (int64_t)(tile / c->across * c->out + at / c->in) - t.window->pad[0];
        const int64_t column = (int64_t)(tile % c->across * c->out + at % c->in) - t.window->pad[1];
        const bool inside =
            row >= 0 && column >= 0 && row < (int64_t)t.in_h && column < (int64_t)t.in_w;
        s->pointers[i] =
            inside ? x + ((size_t)row * t.in_w + (size_t)column) * c->channels : s->zero;
    }
    return EDY_OK;
}

static size_t v_bytes(const cut *c, unsigned threads) {
    return (c->local ? threads : 1) * c->positions * c->v_stride * sizeof(float);
}

size_t edy_winograd_scratch_bytes(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                                  unsigned threads) {
    const edy_f32_winograd *winograd = edy_winograd_choose(g, n, k);
    if (!winograd)
        return 0;
    const cut c = cut_make(g, n, &k->f32_dense, winograd);
    return v_bytes(&c, threads) + threads * c.positions * c.m_stride * sizeof(float);
}

/* The node is one for which edy_winograd_choose gives a kernel. */
edy_status edy_prepare_winograd_f32(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_node *n = step->node;
    winograd_state *s = edy_region_alloc(p->region, sizeof *s);
    if (!s)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the layer");
    const edy_taps t = edy_taps_of(p->graph, n);
    s->dense = &p->kernels->f32_dense;
    s->kernel = edy_winograd_choose(p->graph, n, p->kernels);
    s->cut = cut_make(p->graph, n, s->dense, s->kernel);
    s->out_h = t.out_h;
    s->out_w = t.out_w;
    s->image_x = t.in_h * t.in_w * t.channels;
    s->pixel_y = step->y_stride ? step->y_stride : s->cut.outputs;
    s->image_y = t.out_h * t.out_w * s->pixel_y;
    s->clamp = (edy_f32_clamp){n->act_min, n->act_max};
    s->residual = step->in[EDY_IN_RESIDUAL];
    s->y = step->out[0];
    s->v = step->scratch;
    s->m = (float *)((char *)step->scratch + v_bytes(&s->cut, p->threads));
    step->state = s;
    step->run = run;
    step->kernel = s->kernel->name;
    step->winograd = s->kernel->out;
    step->tile[0] = s->dense->mr;
    step->tile[1] = s->dense->nr;
    step->reason = edy_winograd_reason(p, n, "");
    const edy_status status = pack(p, step, s, err);
    return status ? status : make_pointers(p, step, s, err);
}
