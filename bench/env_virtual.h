/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Is this the machine itself, a guest, a container, or an emulator? */
#ifndef EDY_ENV_VIRTUAL_H
#define EDY_ENV_VIRTUAL_H

#include "bench/record.h"

/* Sets virtualisation ("none", "kvm", "qemu-user", "container", "kvm+container", ...) and
 * emulated. */
void edy_env_virtualisation(const char *root, edy_context *context);

#endif
