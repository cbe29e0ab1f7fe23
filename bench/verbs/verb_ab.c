/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno ab: two engines, two builds or two backends, in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/ab.h"
#include "bench/env.h"
#include "bench/print_text.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {"--base CMD --new CMD [OPTIONS]",
                                    "--backend A,B WORKLOAD|MODEL.onnx [OPTIONS]", NULL};

static const edy_opt opts[] = {
    {.name = "base",
     .kind = EDY_OPT_STRING,
     .argument = "CMD",
     .help = "shell command of one side: a child like edyno peer"},
    {.name = "new", .kind = EDY_OPT_STRING, .argument = "CMD", .help = "of the other side"},
    {.name = "backend",
     .letter = 'b',
     .kind = EDY_OPT_LIST,
     .argument = "A,B",
     .help = "instead of commands: two backends of this program"},
    EDY_ROW_VARIANT,
    {.name = "threads",
     .letter = 't',
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "1",
     .low = 1,
     .high = EDY_MAX_THREADS,
     .help = "cores that both sides are bound to; threads of backends"},
    {.name = "no-pin", .kind = EDY_OPT_FLAG, .help = "do not bind the sides to cores"},
    {.name = "measure",
     .kind = EDY_OPT_ENUM,
     .choices = "inference|start|rss|process",
     .fallback = "inference",
     .help = "process: any command, from start to end"},
    {.name = "rounds",
     .letter = 'r',
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "9",
     .low = EDY_AB_FEWEST_ROUNDS,
     .high = EDY_AB_MOST_ROUNDS,
     .help = "pairs of blocks"},
    {.name = "block",
     .kind = EDY_OPT_SECONDS,
     .argument = "SECONDS",
     .fallback = "0.4",
     .low = 0,
     .high = 600,
     .help = "length of a block of inferences"},
    {.name = "tolerance",
     .kind = EDY_OPT_INTEGER,
     .argument = "PERCENT",
     .fallback = "5",
     .low = 0,
     .high = 1000,
     .help = "an interval around 1 that reaches further cannot say"},
    {.name = "timeout",
     .kind = EDY_OPT_SECONDS,
     .argument = "SECONDS",
     .fallback = "300",
     .low = 1,
     .high = 86400,
     .help = "how long a side may be silent"},
    {.name = "tag",
     .kind = EDY_OPT_STRING,
     .argument = "TEXT",
     .help = "kept in the JSON file, to tell results apart"},
    {.name = "json",
     .kind = EDY_OPT_STRING,
     .argument = "FILE",
     .help = "write the result with all samples"},
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

/* ---- Commands -------------------------------------------------------------------------------- */

typedef struct commands {
    char base[4096], now[4096];
} commands;

/* Appends text in single quotes. False where it does not fit. */
static bool quote(char *to, size_t size, const char *text) {
    size_t n = strlen(to);
    const char *piece = "'";
    for (bool open = true; n + 6 < size;) {
        n += (size_t)snprintf(to + n, size - n, "%s", piece);
        if (!open)
            return true;
        const size_t plain = strcspn(text, "'");
        if (n + plain + 6 >= size)
            return false;
        memcpy(to + n, text, plain);
        to[n += plain] = '\0';
        open = text[plain] != '\0';
        piece = open ? "'\\''" : "'";
        text += plain + open;
    }
    return false;
}

static bool add_option(char *to, size_t size, const char *name, const char *value) {
    const size_t n = strlen(to);
    if (!value)
        return true;
    return snprintf(to + n, size - n, " --%s ", name) < (int)(size - n) && quote(to, size, value);
}

/* This program's own executable: a path that the shell need not look for. */
static bool add_program(char *to, size_t size) {
    to[0] = '\0';
    char *path = realpath("/proc/self/exe", NULL);
    const bool ok = path && quote(to, size, path);
    free(path);
    return ok;
}

static edy_status peer_command(const edy_args *args, const char *backend, char *to, size_t size,
                               edy_error *err) {
    char threads[24];
    const edy_backend *found = NULL;
    const edy_status st = edy_backend_find(backend, &found, err);
    if (st)
        return st;
    snprintf(threads, sizeof threads, "%lld", (long long)edy_args_integer(args, "threads"));
    bool ok = add_program(to, size) && strlen(to) + 8 < size;
    if (ok)
        strcat(to, " peer ");
    ok = ok && quote(to, size, edy_args_operand(args, 0)) &&
         add_option(to, size, "backend", backend) && add_option(to, size, "threads", threads) &&
         add_option(to, size, "variant", edy_args_string(args, "variant")) &&
         add_option(to, size, "workloads-dir", edy_args_string(args, "workloads-dir"));
    return ok ? EDY_OK : edy_fail(err, EDY_BAD_ARGUMENT, "a command of a side is too long");
}

static edy_status backend_commands(const edy_args *args, commands *c, edy_error *err) {
    const char *const *names;
    if (edy_args_list(args, "backend", &names) != 2)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--backend needs two names, as in --backend a,b");
    if (edy_args_operand_count(args) != 1)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--backend needs a workload or a model");
    if (strcmp(edy_args_enum(args, "measure"), "process") == 0)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--measure process needs --base and --new");
    const edy_status st = peer_command(args, names[0], c->base, sizeof c->base, err);
    return st ? st : peer_command(args, names[1], c->now, sizeof c->now, err);
}

static edy_status make_commands(const edy_args *args, commands *c, edy_error *err) {
    const char *base = edy_args_string(args, "base"), *now = edy_args_string(args, "new");
    if (edy_args_given(args, "backend")) {
        if (base || now)
            return edy_fail(err, EDY_BAD_ARGUMENT, "--backend does not go with --base or --new");
        return backend_commands(args, c, err);
    }
    if (!base || !now)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "needs --base and --new, or --backend a,b and a model");
    if (edy_args_operand_count(args) > 0)
        return edy_fail(err, EDY_BAD_ARGUMENT, "\"%.80s\": commands name their own model",
                        edy_args_operand(args, 0));
    if (strlen(base) >= sizeof c->base || strlen(now) >= sizeof c->now)
        return edy_fail(err, EDY_BAD_ARGUMENT, "a command of a side is too long");
    strcpy(c->base, base);
    strcpy(c->now, now);
    return EDY_OK;
}

/* ---- The run --------------------------------------------------------------------------------- */

/* The machine as it is before anything runs; its load then is of others. NULL on no memory. */
static edy_context *describe_machine(const edy_args *args) {
    const edy_clock clock = edy_clock_system();
    edy_context *context = malloc(sizeof *context);
    if (!context)
        return NULL;
    edy_context_init(context);
    edy_env_context("", &clock, context);
    snprintf(context->command, sizeof context->command, "%s", edy_args_command(args));
    context->pinned = !edy_args_flag(args, "no-pin");
    return context;
}

static void print_doubts(const edy_context *context) {
    char text[sizeof context->doubt[0].text + 16];
    for (size_t i = 0; i < context->n_doubts; i++) {
        snprintf(text, sizeof text, "doubt: %s", context->doubt[i].text);
        edy_print_wrapped(stdout, 0, text);
    }
}

static int exit_code(const edy_ab *ab) {
    return ab->verdict == EDY_AB_CANT_SAY ? EDY_EXIT_NOT_COMPARABLE : EDY_EXIT_OK;
}

static edy_status measure(const edy_args *args, const commands *c, edy_pinning *pinning,
                          edy_ab **ab, edy_error *err) {
    edy_ab_options options = {
        .tag = edy_args_string(args, "tag"),
        .base = c->base,
        .now = c->now,
        .rounds = (size_t)edy_args_integer(args, "rounds"),
        .block_s = edy_args_seconds(args, "block"),
        .tolerance = (double)edy_args_integer(args, "tolerance") / 100,
        .timeout_s = edy_args_seconds(args, "timeout") + edy_args_seconds(args, "block"),
        .pinning = pinning,
        .threads = edy_args_integer(args, "threads"),
    };
    edy_ab_measure_find(edy_args_enum(args, "measure"), &options.measure);
    if (options.tag && strlen(options.tag) >= EDY_NAME_BYTES)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--tag is longer than %d bytes", EDY_NAME_BYTES - 1);
    if (options.block_s <= 0)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--block must be above 0 s");
    return edy_ab_run(&options, ab, err);
}

/* Emulated instructions have no speed. */
static bool refuse_emulation(const edy_context *context) {
    if (!context->emulated)
        return false;
    fprintf(stderr, "edyno ab: instructions are emulated here: times would be the emulator's\n");
    return true;
}

static int compare(const edy_args *args, const commands *c, const edy_context *context) {
    edy_error err;
    edy_pinning *pinning = NULL;
    edy_ab *ab = NULL;
    edy_status st = EDY_OK;
    if (!edy_args_flag(args, "no-pin"))
        st = edy_pinning_create(NULL, &pinning, &err);
    st = st ? st : measure(args, c, pinning, &ab, &err);
    if (!st && edy_args_given(args, "json"))
        st = edy_ab_write_json(ab, context, edy_args_string(args, "json"), &err);
    const int code = st ? edy_verb_fail(args, &err) : exit_code(ab);
    if (!st) {
        edy_ab_print(ab, stdout);
        print_doubts(context);
    }
    edy_ab_destroy(ab);
    edy_pinning_destroy(pinning);
    return code;
}

static int run(const edy_args *args) {
    edy_error err;
    commands c;
    edy_status st = make_commands(args, &c, &err);
    edy_context *context = describe_machine(args);
    if (!st && !context)
        st = edy_fail(&err, EDY_NO_MEMORY, "no memory for the machine's description");
    int code = EDY_EXIT_NOT_COMPARABLE;
    if (st)
        code = edy_verb_fail(args, &err);
    else if (!refuse_emulation(context))
        code = compare(args, &c, context);
    free(context);
    return code;
}

const edy_verb edy_verb_ab = {
    .name = "ab",
    .summary = "measure two engines, builds or backends in turn (A/B)",
    .usage = usage,
    .example =
        {"edyno ab --backend scalar,scalar simplecnn --rounds 7 --block 0.05",
         "edyno ab --base \"edyno peer dscnn -t 1\" --new \"edyno peer dscnn -t 2\" -t 2",
         "edyno ab --measure start --base \"edyno peer resnet8\" --new \"edyno peer dscnn\""},
    .opts = opts,
    .min_operands = 0,
    .max_operands = 1,
    .run = run,
};
