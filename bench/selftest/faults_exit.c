/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Suites with a fault, for what a script sees of them: the exit code and the closing line. */
#include <string.h>

#include "bench/conform.h"
#include "bench/run_suite.h"
#include "bench/selftest/selftest.h"
#include "bench/walk/walk.h"

enum { EMPTY = EDY_VERDICT_COUNT, ROWS = 100 };

/* A hundred rows that passed; harmed, the 61st has fault->kind for its verdict, or (EMPTY) there is
 * none. */
static size_t rows_of(const edy_fault *fault, bool harmed) {
    return harmed && fault->kind == EMPTY ? 0 : ROWS;
}

static edy_verdict verdict_of(const edy_fault *fault, bool harmed, size_t row) {
    return harmed && row == 60 ? (edy_verdict)fault->kind : EDY_VERDICT_PASS;
}

static void ask_conform(const edy_fault *fault, const char *folder, bool harmed,
                        edy_gate_answer *answer) {
    (void)folder;
    static edy_conform_case row[ROWS];
    const edy_conform_table table = {row, rows_of(fault, harmed), ROWS};
    for (size_t i = 0; i < ROWS; i++)
        row[i] = (edy_conform_case){.result.verdict = verdict_of(fault, harmed, i)};
    const int code = edy_conform_exit_code(&table);
    char line[200];
    edy_conform_closing_line(&table, line, sizeof line);
    if (code)
        edy_gate_fires(answer, "exit code %d; %s", code, line);
}

static void ask_walk(const edy_fault *fault, const char *folder, bool harmed,
                     edy_gate_answer *answer) {
    (void)folder;
    static edy_walk_row row[ROWS];
    edy_walk_table table = {row, rows_of(fault, harmed), ROWS};
    for (size_t i = 0; i < ROWS; i++) {
        row[i] = (edy_walk_row){.backend = "scalar", .cases = 8};
        if (verdict_of(fault, harmed, i) == EDY_VERDICT_FAIL)
            row[i].verdict = EDY_WALK_FAIL;
        if (verdict_of(fault, harmed, i) == EDY_VERDICT_CRASH)
            row[i].verdict = EDY_WALK_CRASH;
    }
    const int code = edy_walk_exit_code(&table);
    char line[200];
    edy_walk_closing_line(&table, "scalar", line, sizeof line);
    if (code)
        edy_gate_fires(answer, "exit code %d; %s", code, line);
}

static void ask_run(const edy_fault *fault, const char *folder, bool harmed,
                    edy_gate_answer *answer) {
    (void)folder;
    static edy_record record[ROWS];
    edy_results results = {.records = record, .n = rows_of(fault, harmed), .capacity = ROWS};
    for (size_t i = 0; i < ROWS; i++) {
        edy_record_init(&record[i]);
        record[i].verdict = verdict_of(fault, harmed, i);
    }
    const int code = edy_suite_exit_code(&results);
    if (code)
        edy_gate_fires(answer, "exit code %d; %zu records", code, results.n);
}

#define CONFORM "exit code of conform"
#define KERNELS "exit code of the walk"
#define RUN "exit code of run"
const edy_fault edy_faults_exit[] = {
    {"conform-empty-suite", CONFORM, "exit code 5; 0 passed", ask_conform, EMPTY, NULL},
    {"conform-one-fail", CONFORM, "exit code 1; 99 passed, 1 failed", ask_conform, EDY_VERDICT_FAIL,
     NULL},
    {"conform-one-crash", CONFORM, "exit code 1; 99 passed", ask_conform, EDY_VERDICT_CRASH, NULL},
    {"conform-one-unjudged", CONFORM, "exit code 1; 99 passed", ask_conform, EDY_VERDICT_NONE,
     NULL},
    {"conform-one-mistrusted", CONFORM, "exit code 4; 99 passed", ask_conform,
     EDY_VERDICT_MISTRUSTED, NULL},
    {"walk-empty-suite", KERNELS, "exit code 5; scalar: 0 passed", ask_walk, EMPTY, NULL},
    {"walk-one-fail", KERNELS, "exit code 1; scalar: 99 passed", ask_walk, EDY_VERDICT_FAIL, NULL},
    {"walk-one-crash", KERNELS, "exit code 1; scalar: 99 passed", ask_walk, EDY_VERDICT_CRASH,
     NULL},
    {"run-empty-suite", RUN, "exit code 5", ask_run, EMPTY, NULL},
    {"run-one-fail", RUN, "exit code 1", ask_run, EDY_VERDICT_FAIL, NULL},
    {"run-one-mistrusted", RUN, "exit code 4", ask_run, EDY_VERDICT_MISTRUSTED, NULL},
    {.name = NULL}};
