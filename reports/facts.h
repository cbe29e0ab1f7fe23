/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What is known of machine, build and instrument, as pairs of name and text. */
#ifndef EDY_FACTS_H
#define EDY_FACTS_H

#include "reports/view.h"

typedef void edy_fact_sink(void *context, const char *name, const char *text);

/* Calls sink once a fact, in the order to print them; text is UTF-8 as the record has it. */
void edy_machine_facts(const edy_view *view, edy_fact_sink *sink, void *context);
void edy_build_facts(const edy_view *view, edy_fact_sink *sink, void *context);
void edy_instrument_facts(const edy_view *view, edy_fact_sink *sink, void *context);
/* Model files: "resnet8 int8" and their sha256, once each. */
void edy_model_facts(const edy_view *view, edy_fact_sink *sink, void *context);
/* Data sets of the cases, once each: "fashion-mnist:test" and how many cases. */
void edy_data_facts(const edy_view *view, edy_fact_sink *sink, void *context);

#endif
