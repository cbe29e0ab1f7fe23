/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The verbs of the program, one verb_NAME.c each; main.c lists them in the order of the help. */
#ifndef EDY_VERBS_H
#define EDY_VERBS_H

#include "bench/verbs/verb.h"

extern const edy_verb edy_verb_list;
extern const edy_verb edy_verb_inspect;
extern const edy_verb edy_verb_infer;
extern const edy_verb edy_verb_run;
extern const edy_verb edy_verb_conform;
extern const edy_verb edy_verb_quantize;
extern const edy_verb edy_verb_export;
extern const edy_verb edy_verb_report;
extern const edy_verb edy_verb_compare;
extern const edy_verb edy_verb_ab;
extern const edy_verb edy_verb_peer;
extern const edy_verb edy_verb_selftest;

/* Not listed by the help: the program or a script starts them. */
extern const edy_verb edy_verb_peak_rss;
extern const edy_verb edy_verb_scoreboard;

#endif
