/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The edyno program: finds the verb and hands over. */
#include <stdio.h>
#include <string.h>

#include "bench/verbs/verbs.h"

/* One line a verb, in the order of the help. */
static const edy_verb *const verbs[] = {
    &edy_verb_list,    &edy_verb_inspect,  &edy_verb_infer,  &edy_verb_run,
    &edy_verb_conform, &edy_verb_quantize, &edy_verb_export, &edy_verb_report,
    &edy_verb_compare, &edy_verb_ab,       &edy_verb_peer,   &edy_verb_selftest,
};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

/* Not in the help: started by this program and by scripts. */
static const edy_verb *const unlisted[] = {&edy_verb_peak_rss, &edy_verb_scoreboard};
enum { UNLISTED_COUNT = sizeof unlisted / sizeof unlisted[0] };

static void print_verbs(FILE *out) {
    fprintf(out, "Verbs:\n");
    for (int i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-9s %s\n", verbs[i]->name, verbs[i]->summary);
}

static void print_help(FILE *out) {
    fprintf(out, "edyno: measures CNN inference on this CPU and checks that its answers are right\n"
                 "\n"
                 "Usage:\n"
                 "  edyno VERB [OPTIONS]\n"
                 "  edyno VERB --help\n"
                 "  edyno --version\n"
                 "\n");
    print_verbs(out);
    fprintf(out, "\n"
                 "Exit codes: 0 pass, 1 wrong output, 2 usage or I/O, 3 slower, larger or less\n"
                 "accurate than allowed, 4 not comparable or too noisy to say, 5 nothing ran.\n");
}

static const edy_verb *find_verb(const char *name) {
    for (int i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    for (int i = 0; i < UNLISTED_COUNT; i++)
        if (strcmp(unlisted[i]->name, name) == 0)
            return unlisted[i];
    return NULL;
}

static int finish(int code) {
    return fflush(stdout) ? EDY_EXIT_USAGE : code;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return EDY_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return finish(EDY_EXIT_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("edyno %s\n", EDYNO_VERSION);
        return finish(EDY_EXIT_OK);
    }
    const edy_verb *verb = find_verb(argv[1]);
    if (verb)
        return edy_verb_main(verb, argv[0], argc - 1, argv + 1);
    fprintf(stderr, "edyno: unknown %s \"%s\"\n", argv[1][0] == '-' ? "option" : "verb", argv[1]);
    print_verbs(stderr);
    return EDY_EXIT_USAGE;
}
