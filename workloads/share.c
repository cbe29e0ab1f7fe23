/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "workloads/share.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool holds_models(const char *dir) {
    char path[EDY_PATH_MAX];
    const int n = snprintf(path, sizeof path, "%s/workloads/models", dir);
    struct stat st;
    return n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ../share/edyno beside the executable; false where the system does not say where it is. */
static bool installed_share(char path[EDY_PATH_MAX]) {
    char exe[EDY_PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0)
        return false;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return snprintf(path, EDY_PATH_MAX, "%s/../share/edyno", exe) < EDY_PATH_MAX;
}

edy_status edy_share_find(const char *given, char path[EDY_PATH_MAX], edy_error *err) {
    if (given && given[0]) {
        if (strlen(given) >= EDY_PATH_MAX)
            return edy_fail(err, EDY_BAD_ARGUMENT, "EDYNO_SHARE: the path is longer than %d bytes",
                            EDY_PATH_MAX - 1);
        if (!holds_models(given))
            return edy_fail(err, EDY_IO, "EDYNO_SHARE: %.200s holds no folder workloads/models",
                            given);
        strcpy(path, given);
        return EDY_OK;
    }
    if (holds_models(EDYNO_SOURCE_DIR) && strlen(EDYNO_SOURCE_DIR) < EDY_PATH_MAX) {
        strcpy(path, EDYNO_SOURCE_DIR);
        return EDY_OK;
    }
    if (installed_share(path) && holds_models(path))
        return EDY_OK;
    return edy_fail(
        err, EDY_IO,
        "no trained models found: neither the source tree nor ../share/edyno beside the "
        "program holds workloads/models; set EDYNO_SHARE");
}

edy_status edy_share_from_environment(char path[EDY_PATH_MAX], edy_error *err) {
    return edy_share_find(getenv("EDYNO_SHARE"), path, err);
}
