/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Where the program's data lies: a *share* folder holds workloads/ (models/, goldens/) and
 * datasets/ as the source tree does. */
#ifndef EDY_SHARE_H
#define EDY_SHARE_H

#include <stddef.h>

#include "engine/status.h"

enum { EDY_PATH_MAX = 4096 };

/* Writes the folder into path. The first that applies: `given` (the value of EDYNO_SHARE, read by
 * the program; NULL or "" where unset) — it must hold workloads/models; the source tree that the
 * program was built from; ../share/edyno beside the running executable. EDY_IO with the places that
 * were tried where none holds workloads/models. */
edy_status edy_share_find(const char *given, char path[EDY_PATH_MAX], edy_error *err);

/* The same, with `given` taken from EDYNO_SHARE: for verbs, not for libraries. */
edy_status edy_share_from_environment(char path[EDY_PATH_MAX], edy_error *err);

#endif
