/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Command lines: typed values, defaults, and one sentence for each kind of mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verbs/verb.h"

static const char *const usage[] = {"[FILE ...]", NULL};

static const edy_opt opts[] = {
    {.name = "quick", .letter = 'q', .kind = EDY_OPT_FLAG, .help = "less"},
    {.name = "output", .letter = 'o', .kind = EDY_OPT_STRING, .argument = "FILE", .help = "where"},
    {.name = "names", .kind = EDY_OPT_LIST, .argument = "A,..", .help = "which", .fallback = "all"},
    {.name = "seed",
     .kind = EDY_OPT_INTEGER,
     .argument = "S",
     .help = "seed",
     .fallback = "7",
     .low = 0,
     .high = 100},
    {.name = "threads",
     .kind = EDY_OPT_INTEGERS,
     .argument = "N,..",
     .help = "threads",
     .fallback = "1,2",
     .low = 1,
     .high = 64},
    {.name = "min-time",
     .kind = EDY_OPT_SECONDS,
     .argument = "SECONDS",
     .help = "how long",
     .low = 0,
     .high = 60},
    {.name = "format",
     .kind = EDY_OPT_ENUM,
     .choices = "console|json",
     .help = "how",
     .fallback = "console"},
    {.name = NULL},
};

static int run_nothing(const edy_args *args) {
    (void)args;
    return EDY_EXIT_OK;
}

static const edy_verb verb = {.name = "probe",
                              .summary = "test",
                              .usage = usage,
                              .example = {"edyno probe", "edyno probe a", "edyno probe -q"},
                              .opts = opts,
                              .max_operands = 2,
                              .run = run_nothing};

/* Splits a command line at blanks and parses it; "''" stands for an empty word. */
static edy_status parse(const char *line, edy_args **args, edy_error *err) {
    static char text[512];
    char *argv[32];
    int argc = 0;
    bool help = false;
    strcpy(text, line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    argv[argc] = NULL;
    return edy_args_parse(&verb, argc, argv, args, &help, err);
}

static edy_args *parsed(const char *line) {
    edy_args *args = NULL;
    edy_error err;
    if (parse(line, &args, &err))
        fail_msg("%s: %s", line, err.message);
    return args;
}

static void defaults_hold_where_nothing_is_given(void **state) {
    (void)state;
    edy_args *a = parsed("probe");
    const char *const *names;
    const int64_t *threads;
    assert_false(edy_args_flag(a, "quick"));
    assert_null(edy_args_string(a, "output"));
    assert_int_equal(edy_args_list(a, "names", &names), 1);
    assert_string_equal(names[0], "all");
    assert_int_equal(edy_args_integer(a, "seed"), 7);
    assert_int_equal(edy_args_integers(a, "threads", &threads), 2);
    assert_int_equal(threads[1], 2);
    assert_true(edy_args_seconds(a, "min-time") == 0);
    assert_string_equal(edy_args_enum(a, "format"), "console");
    assert_false(edy_args_given(a, "seed"));
    assert_int_equal(edy_args_operand_count(a), 0);
    edy_args_destroy(a);
}

static void values_are_typed_and_operands_may_stand_anywhere(void **state) {
    (void)state;
    edy_args *a = parsed("probe one -q --output=f --names x,y,z --seed 100 two --threads 4 "
                         "--min-time 0.25 --format json");
    const char *const *names;
    const int64_t *threads;
    assert_true(edy_args_flag(a, "quick"));
    assert_string_equal(edy_args_string(a, "output"), "f");
    assert_int_equal(edy_args_list(a, "names", &names), 3);
    assert_string_equal(names[2], "z");
    assert_int_equal(edy_args_integer(a, "seed"), 100);
    assert_int_equal(edy_args_integers(a, "threads", &threads), 1);
    assert_int_equal(threads[0], 4);
    assert_true(edy_args_seconds(a, "min-time") == 0.25);
    assert_string_equal(edy_args_enum(a, "format"), "json");
    assert_true(edy_args_given(a, "seed"));
    assert_int_equal(edy_args_operand_count(a), 2);
    assert_string_equal(edy_args_operand(a, 1), "two");
    edy_args_destroy(a);
}

static void after_two_dashes_all_are_operands(void **state) {
    (void)state;
    edy_args *a = parsed("probe -- --seed -q");
    assert_int_equal(edy_args_operand_count(a), 2);
    assert_string_equal(edy_args_operand(a, 0), "--seed");
    assert_false(edy_args_flag(a, "quick"));
    edy_args_destroy(a);
}

static void the_last_of_two_counts(void **state) {
    (void)state;
    edy_args *a = parsed("probe --seed 1 --seed 2");
    assert_int_equal(edy_args_integer(a, "seed"), 2);
    edy_args_destroy(a);
}

static void the_command_line_is_kept_quoted(void **state) {
    (void)state;
    char *argv[] = {"probe", "a file", "it's", "--seed", "3", NULL};
    edy_args *a = NULL;
    bool help;
    edy_error err;
    assert_int_equal(edy_args_parse(&verb, 5, argv, &a, &help, &err), EDY_OK);
    assert_string_equal(edy_args_command(a), "edyno probe 'a file' 'it'\\''s' --seed 3");
    edy_args_destroy(a);
}

static void help_is_asked_for_before_anything_is_checked(void **state) {
    (void)state;
    char *argv[] = {"probe", "--bogus", "--help", NULL};
    edy_args *a = NULL;
    bool help = false;
    edy_error err;
    assert_int_equal(edy_args_parse(&verb, 3, argv, &a, &help, &err), EDY_OK);
    assert_true(help);
    assert_null(a);
}

static void mistakes_give_a_sentence_with_option_and_value(void **state) {
    (void)state;
    const struct {
        const char *line, *part;
    } cases[] = {
        {"probe --bogus", "unknown option --bogus"},
        {"probe -x", "unknown option -x"},
        {"probe --output", "option --output needs a value"},
        {"probe --output ''", "option --output is empty"},
        {"probe --quick=yes", "option --quick takes no value"},
        {"probe --seed ten", "option --seed needs an integer, not \"ten\""},
        {"probe --seed ''", "option --seed needs an integer"},
        {"probe --seed 1x", "not \"1x\""},
        {"probe --seed 101", "option --seed is 101, but must be 0 to 100"},
        {"probe --seed -1", "option --seed is -1"},
        {"probe --seed 99999999999999999999", "must be 0 to 100"},
        {"probe --threads 1,,2", "option --threads has an empty item"},
        {"probe --threads 1,65", "option --threads is 65"},
        {"probe --names a,", "option --names has an empty item"},
        {"probe --min-time nan", "option --min-time needs seconds"},
        {"probe --min-time 0x1", "option --min-time needs seconds"},
        {"probe --min-time 61", "must be 0 to 60 s"},
        {"probe --format xml", "must be one of console|json"},
        {"probe --format jso", "must be one of console|json"},
        {"probe a b c", "unexpected argument \"c\""},
        {"probe ''", "argument 1 is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        edy_args *a = NULL;
        edy_error err = {EDY_OK, ""};
        const edy_status st = parse(cases[i].line, &a, &err);
        if (st != EDY_BAD_ARGUMENT || a || !strstr(err.message, cases[i].part))
            fail_msg("%s: status %d, \"%s\"", cases[i].line, (int)st, err.message);
        assert_null(strchr(err.message, '\n'));
    }
}

static void a_list_has_an_end(void **state) {
    (void)state;
    char line[512] = "probe --names a";
    for (int i = 0; i < EDY_MAX_LIST; i++)
        strcat(line, ",a");
    edy_args *a = NULL;
    edy_error err;
    assert_int_equal(parse(line, &a, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "more than 64"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_where_nothing_is_given),
        cmocka_unit_test(values_are_typed_and_operands_may_stand_anywhere),
        cmocka_unit_test(after_two_dashes_all_are_operands),
        cmocka_unit_test(the_last_of_two_counts),
        cmocka_unit_test(the_command_line_is_kept_quoted),
        cmocka_unit_test(help_is_asked_for_before_anything_is_checked),
        cmocka_unit_test(mistakes_give_a_sentence_with_option_and_value),
        cmocka_unit_test(a_list_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
