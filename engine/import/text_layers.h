/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A line of a text net -> nodes of the graph. */
#ifndef EDY_TEXT_LAYERS_H
#define EDY_TEXT_LAYERS_H

#include "engine/import/text_words.h"

/* True for the first word of a layer's line. */
bool edy_text_is_layer(const char *word);

/* Appends the layer's nodes behind c->current, infers their shapes, makes weights; c->current is
 * then what the layer makes. line->word[0] is a layer. EDY_BAD_FILE, EDY_LIMIT, EDY_NO_MEMORY. */
edy_status edy_text_layer(edy_text_context *c, edy_text_line *line);

#endif
