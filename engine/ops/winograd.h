/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the two Winograd convolutions share (kernel.h, "fp32 Winograd" and "s8 Winograd"): how a
 * layer is cut, what it costs, and the way of the work.
 *
 * Tiles of all images stand in one row and are taken in groups. Where the weights are small, a
 * worker takes a group of few tiles through all stages. Where they are not, all workers first
 * transform the tiles of a large group, then each item (a block of output channels by a range of
 * tiles) does its products, one GEMM a position, and transforms back. All sizes depend on the shape
 * only. */
#ifndef EDY_WINOGRAD_H
#define EDY_WINOGRAD_H

#include "engine/ops/op.h"
#include "engine/ops/window_taps.h"

enum { EDY_WINOGRAD_TAPS = 9, EDY_WINOGRAD_MAX_POSITIONS = 36 };

/* How one layer is cut. */
typedef struct edy_winograd_cut {
    size_t out, in, positions;        /* tile edges, in * in */
    size_t channels, outputs;         /* of the layer */
    size_t across, down, tiles;       /* tiles of one image, of all images */
    bool local;                       /* an item is a group */
    size_t group_tiles, groups;       /* tiles a group */
    size_t item_tiles, item_channels; /* one item */
    size_t ranges, blocks;            /* items of a group: tile ranges by channel blocks */
    size_t parts, part_channels;      /* the reduction: even cuts but for the last */
    size_t v_stride, m_stride;        /* elements from position to position */
} edy_winograd_cut;

/* What one way of computing brings along. */
typedef struct edy_winograd_form {
    size_t mr, nr;           /* register tile of its GEMM */
    size_t x_bytes, v_bytes; /* an input, a transformed input; a product has 4 */
    size_t parts;            /* of the reduction, each with products of its own */
    /* Cost in units of a multiply-add of the direct way: of one of the GEMM's; of a weight that
     * comes from beyond L2; of a product's beginning and end, in channels; of a value that a
     * transform reads or writes. Measured. */
    double product, weight, ends, transform;
} edy_winograd_form;

typedef struct edy_winograd edy_winograd;
struct edy_winograd {
    edy_winograd_form form;
    edy_winograd_cut cut;
    size_t out_h, out_w, image_x, image_y; /* pixels; elements from image to image */
    size_t pixel_y;                        /* elements from pixel to pixel of y */
    const void **pointers;                 /* [tiles of an image][in * in] */
    void *zero;                            /* [channels] */
    char *packed;                          /* [blocks][parts][positions] of block_bytes */
    size_t block_bytes;
    /* Scratch. v: [positions] of a group, where local one for each worker; m: [parts][positions] of
     * an item, for each worker. */
    char *v, *m;
    size_t group; /* the one in work */
    /* One tile into v. */
    void (*input)(const edy_winograd *w, const void *const *pixels, size_t a_offset, void *v);
    /* One position and part: rows x channels products of kc inputs, adjacent in m; rows of v are
     * cut.channels apart. */
    void (*multiply)(const edy_winograd *w, size_t rows, size_t channels, size_t kc, const void *v,
                     const void *packed, void *m);
    /* One tile, `channels` outputs from n0 on; `to` is the element of y of its first pixel. */
    void (*output)(const edy_winograd *w, size_t n0, size_t channels, const void *m, size_t height,
                   size_t width, size_t to);
};

/* Is the node a convolution with 3x3 windows, stride 1, dilation 1, in one group? */
bool edy_winograd_suits(const edy_graph *g, const edy_node *n);
/* Cost of one image by tiles of out x out, over the direct way's. */
double edy_winograd_cost(const edy_graph *g, const edy_node *n, const edy_winograd_form *form,
                         size_t out);
/* A gain too small to see is not worth its memory: what the cost must be below. */
#define EDY_WINOGRAD_PAYS 0.9
/* The phrase for the plan's table. chosen: this way is taken, else `direct` is. NULL on no memory.
 */
const char *edy_winograd_phrase(edy_planner *p, double cost, bool chosen, const char *direct);

/* Input channels a part but the last: even. */
static inline size_t edy_winograd_part_channels(size_t channels, size_t parts) {
    return ((channels + parts - 1) / parts + 1) / 2 * 2;
}

size_t edy_winograd_scratch(const edy_graph *g, const edy_node *n, const edy_winograd_form *form,
                            size_t out, unsigned threads);
/* Sets all of w but packed, block_bytes and the three functions, and the step's run and tile. w is
 * first in the state. fill: the byte that padding consists of. */
edy_status edy_winograd_prepare(edy_planner *p, edy_step *step, const edy_winograd_form *form,
                                size_t out, int fill, edy_winograd *w, edy_error *err);

#endif
