/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside `edyno run`: its other half, --profile. */
#ifndef EDY_VERB_RUN_PROFILE_H
#define EDY_VERB_RUN_PROFILE_H

#include "bench/verbs/verb.h"

/* The whole verb where --profile is given. */
int edy_verb_run_profile(const edy_args *args);

/* EDY_BAD_ARGUMENT where an option of --profile is given without it. */
edy_status edy_verb_run_refuse_profile_options(const edy_args *args, edy_error *err);

#endif
