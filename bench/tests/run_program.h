/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Running the built program as a user does: a shell, a working folder, `edyno` on the PATH. */
#ifndef EDY_RUN_PROGRAM_H
#define EDY_RUN_PROGRAM_H

typedef struct edy_run {
    int code;        /* exit code; 128 + n for signal n, as a shell says it */
    char *out, *err; /* what it printed */
} edy_run;

/* A temporary working folder with a command `edyno` that starts `program` (through `emulator`,
 * where that is not empty). Fails the cmocka test where it cannot be made. */
char *edy_shell_create(const char *program, const char *emulator);
void edy_shell_destroy(char *dir);

/* Runs a command line in the folder. */
edy_run edy_shell(const char *dir, const char *line);
void edy_run_free(edy_run *run);

#endif
