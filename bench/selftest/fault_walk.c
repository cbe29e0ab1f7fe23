/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/selftest/fault_walk.h"

#include <string.h>

#include "bench/walk/walk.h"

static void report(edy_gate_answer *answer, const edy_walk_table *table) {
    for (size_t i = 0; i < table->n; i++)
        if (table->row[i].n_failures) {
            edy_gate_fires(answer, "%s: %s", table->row[i].family, table->row[i].failure[0].what);
            return;
        }
    if (edy_walk_exit_code(table) == 0)
        return;
    char line[200];
    edy_walk_closing_line(table, "faulty", line, sizeof line);
    edy_gate_fires(answer, "exit code %d; %s", edy_walk_exit_code(table), line);
}

void edy_fault_walk(edy_gate_answer *answer, void (*fill)(edy_kernels *k), const char *line,
                    unsigned seconds) {
    const edy_backend backend = {"faulty", "selftest", 0, fill};
    const edy_backend *const list[] = {&backend};
    char family[64];
    edy_problem problem;
    edy_error err;
    edy_walk_table table = {.row = NULL};
    snprintf(family, sizeof family, "%.*s", (int)strcspn(line, " "), line);
    if (edy_problem_parse("selftest", 0, line, &problem, &err)) {
        edy_gate_trouble(answer, "%s", err.message);
        return;
    }
    const edy_walk_options options = {.backend = list,
                                      .n_backends = 1,
                                      .pattern = family,
                                      .problem = &problem,
                                      .n_problems = 1,
                                      .fill = -1,
                                      .seed = 1,
                                      .case_seconds = seconds};
    if (edy_walk_run(&options, &table, &err))
        edy_gate_trouble(answer, "%s", err.message);
    else
        report(answer, &table);
    edy_walk_free(&table);
}
