/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A backend is a value: name, purpose, required CPU features, table of kernels. */
#ifndef EDY_BACKEND_H
#define EDY_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "engine/kernel.h"
#include "engine/status.h"

typedef struct edy_backend {
    const char *name;
    const char *purpose;          /* one line, for `edyno list backends` */
    uint32_t features;            /* EDY_CPU_* bits that must all be present */
    void (*fill)(edy_kernels *k); /* overrides on top of scalar's table; scalar's own fills all */
} edy_backend;

/* The backends compiled in, best first; the last is always scalar. */
size_t edy_backend_count(void);
const edy_backend *edy_backend_at(size_t index);

/* Best backend that this CPU can run. Never NULL. */
const edy_backend *edy_backend_best(void);

/* By name, for this CPU. EDY_BAD_ARGUMENT where no backend has the name (the message lists those
 * that exist), EDY_UNSUPPORTED_HARDWARE where the CPU lacks a feature (the message names it). Never
 * falls back to another one. */
edy_status edy_backend_find(const char *name, const edy_backend **backend, edy_error *err);

/* True where this CPU has every feature the backend needs. */
int edy_backend_runs_here(const edy_backend *backend);

/* The complete kernel table of a backend: scalar's, overridden. */
edy_kernels edy_backend_kernels(const edy_backend *backend);

#endif
