/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Inside `edyno conform`: its other parts, --kernels, --onnx-tests and replays. */
#ifndef EDY_VERB_CONFORM_H
#define EDY_VERB_CONFORM_H

#include "bench/verbs/verb.h"

/* The whole verb where --kernels is given. */
int edy_verb_conform_kernels(const edy_args *args);

/* The whole verb where --onnx-tests is given. */
int edy_verb_conform_onnx(const edy_args *args);

/* The whole verb where --mlperf-tiny is given. */
int edy_verb_conform_tiny(const edy_args *args);

/* EDY_BAD_ARGUMENT where an option of --onnx-tests or --mlperf-tiny is given without it. */
edy_status edy_verb_conform_refuse_onnx_options(const edy_args *args, edy_error *err);

/* EDY_BAD_ARGUMENT where an option of --kernels is given without it. */
edy_status edy_verb_conform_refuse_kernel_options(const edy_args *args, edy_error *err);

/* The whole verb where the only operand is a folder that a failure left (suite/repro.h). */
bool edy_verb_conform_is_replay(const edy_args *args);
int edy_verb_conform_replay(const edy_args *args);

#endif
