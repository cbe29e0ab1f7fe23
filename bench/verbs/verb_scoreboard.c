/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno scoreboard: the results of ci/peers.sh as one page. Not in the list of verbs: the script
 * starts it. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/env.h"
#include "bench/scoreboard.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {"DIR", NULL};

static const edy_opt opts[] = {{.name = NULL}};

static edy_status print_machine(edy_error *err) {
    const edy_clock clock = edy_clock_system();
    edy_context *c = malloc(sizeof *c);
    if (!c)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the machine's description");
    edy_context_init(c);
    edy_env_context("", &clock, c);
    printf("machine: %s, %lld cores, %.0f MHz; %s; %s\n", c->cpu_model, (long long)c->cores, c->mhz,
           c->cpu_features, c->os);
    printf("edyno: %s, %s, commit %s\n", c->edyno_version, c->compiler, c->git_commit);
    printf("Times are of the peer's default settings; its answers were checked beforehand with its "
           "exact ones.\n\n");
    free(c);
    return EDY_OK;
}

static int run(const edy_args *args) {
    edy_error err;
    edy_scoreboard *board = NULL;
    edy_status st = edy_scoreboard_read(edy_args_operand(args, 0), &board, &err);
    st = st ? st : print_machine(&err);
    if (st) {
        edy_scoreboard_destroy(board);
        return edy_verb_fail(args, &err);
    }
    edy_scoreboard_print(board, stdout);
    const int code = edy_scoreboard_exit_code(board);
    edy_scoreboard_destroy(board);
    return code;
}

const edy_verb edy_verb_scoreboard = {
    .name = "scoreboard",
    .summary = "results of ci/peers.sh against the numbers to reach",
    .usage = usage,
    .example = {"ci/peers.sh --quick --out results/peers", "edyno scoreboard results/peers",
                "edyno scoreboard results/peers >scoreboard.txt"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
