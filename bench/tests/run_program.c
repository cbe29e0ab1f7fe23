/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/tests/run_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench/tests/temp_dir.h"

/* Two folders in one: bin/ (the command, what was printed) and work/, which tests may count. */
char *edy_shell_create(const char *program, const char *emulator) {
    char *dir = edy_temp_dir_create(), text[4096];
    edy_temp_mkdir(edy_temp_path(dir, "bin"));
    edy_temp_mkdir(edy_temp_path(dir, "work"));
    const int n =
        snprintf(text, sizeof text, "#!/bin/sh\nexec %s '%s' \"$@\"\n", emulator, program);
    assert_true(n > 0 && n < (int)sizeof text);
    const char *command = edy_temp_path(dir, "bin/edyno");
    edy_temp_write(command, text, (size_t)n);
    assert_int_equal(chmod(command, 0755), 0);
    return dir;
}

void edy_shell_destroy(char *dir) {
    edy_temp_dir_remove(dir);
}

edy_run edy_shell(const char *dir, const char *line) {
    char text[8192];
    const int n = snprintf(text, sizeof text,
                           "cd '%s/work' && PATH='%s/bin':\"$PATH\" && export PATH && { %s\n} "
                           ">'%s/bin/out' 2>'%s/bin/err' </dev/null",
                           dir, dir, line, dir, dir);
    assert_true(n > 0 && n < (int)sizeof text);
    const int status = system(text);
    size_t bytes;
    return (edy_run){.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                     .out = edy_temp_read(edy_temp_path(dir, "bin/out"), &bytes),
                     .err = edy_temp_read(edy_temp_path(dir, "bin/err"), &bytes)};
}

void edy_run_free(edy_run *run) {
    free(run->out);
    free(run->err);
}
