/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Text net -> graph: a line a layer, weights made from a seed. Needs no ONNX.
 *
 *     net example                 # its name; the first line
 *     seed 7                      # of the weights; 1 where left out
 *     input 3x32x32               # one float32 image, CxHxW
 *
 *     block residual channels     # the lines up to "end", under a name
 *       conv $channels 3x3 relu   # reads what the line before it made
 *       conv $channels 3x3 gain=0.5
 *       add in relu               # "in": what the block (or the net) began with
 *     end
 *
 *     conv 16 3x3 relu
 *     repeat 3 residual 16        # a line, three times
 *     globalavgpool
 *     dense 10                    # the last line makes the output
 *
 * A line is  [LABEL =] LAYER  and LABEL names what it makes until the end of its block.
 *     from LABEL                  # the next line reads LABEL
 *     conv CHANNELS KERNEL [stride=S] [pad=P] [dilation=D] [groups=N] [gain=G] [ACTIVATION]
 *     depthwise KERNEL [stride=S] [pad=P] [dilation=D] [gain=G] [ACTIVATION]
 *     dense CHANNELS [gain=G] [ACTIVATION]         # flattens what it reads
 *     maxpool KERNEL [stride=S] [pad=P]
 *     avgpool KERNEL [stride=S] [pad=P]            # the padding is not counted
 *     globalavgpool
 *     add LABEL [ACTIVATION]      # what the line before made, and LABEL
 *     concat LABEL LABEL ..       # channels, in this order
 *     softmax
 *     relu | relu6 | leaky=ALPHA  # these are the ACTIVATIONs, also as layers
 * KERNEL, S, P and D are N or HxW (KERNEL always HxW). Left out, the stride is 1, or a pool's
 * kernel; the padding is half an odd kernel for convolutions, on every side, and 0 for pools.
 * pad=same is ONNX's SAME_UPPER: ceil(size / stride) outputs, the odd one of the padding at the
 * end. Weights: text_weights.h, power 2 before an activation and 1 where there is none, times gain.
 * Batch norms have no line: they are folded, which gives convolutions their bias. "#" starts a
 * comment. Blocks may use blocks that stand before them. */
#ifndef EDY_TEXT_IMPORT_H
#define EDY_TEXT_IMPORT_H

#include "engine/graph.h"
#include "engine/import/limits.h"

/* Reads, checks and makes the weights; shapes are inferred at batch 1. Values are called as their
 * layers ("conv_3"), with ".weight" and ".bias", the ports "input" and "output". EDY_IO: cannot
 * read. EDY_BAD_FILE: not in the grammar, or shapes that do not fit. EDY_LIMIT: over a limit; a
 * net may also not unfold to more lines than limits->nodes. Messages are "PATH:LINE: sentence".
 * limits NULL: edy_limits_default(). */
edy_status edy_text_import(const char *path, const edy_limits *limits, edy_graph **graph,
                           edy_error *err);
/* Only the shape of its input, at batch 1: reads no further, and makes no weights. */
edy_status edy_text_import_input(const char *path, const edy_limits *limits, edy_shape *shape,
                                 edy_error *err);
/* The same from memory (size bytes, no NUL needed); name stands for the path in messages. */
edy_status edy_text_import_memory(const char *name, const char *text, size_t size,
                                  const edy_limits *limits, edy_graph **graph, edy_error *err);

#endif
