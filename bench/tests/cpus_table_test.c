/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* targets/cpus.csv agrees with the backends of this build. ci/emulate.sh holds the emulated CPUs to
 * it. A row: target, emulator, cpu; features (words of engine/cpu.h, "none"); backends that must
 * run there; backends that must be refused; of the first, those whose kernels CI walks each time,
 * and those whose models it judges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "datasets/csv_table.h"
#include "engine/backend.h"
#include "engine/cpu.h"

enum { TARGET, EMULATOR, CPU, FEATURES, RUN, REFUSE, WALK, JUDGE, COLUMNS };

static const uint32_t all_features[] = {
#define FEATURE(bit, name, text) EDY_CPU_##name,
    EDY_CPU_MAP(FEATURE)
#undef FEATURE
};

static bool has_word(const char *words, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = words; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strcspn(at, " ") == length && strncmp(at, word, length) == 0)
            return true;
    return false;
}

static size_t count_words(const char *words) {
    size_t n = 0;
    for (; *words; words += strcspn(words, " "), words += strspn(words, " "))
        n++;
    return n;
}

/* Every word is a feature that engine/cpu.h knows. */
static uint32_t features_of(const char *words) {
    uint32_t features = 0;
    size_t known = 0;
    for (size_t i = 0; i < sizeof all_features / sizeof all_features[0]; i++) {
        char text[32];
        if (!has_word(words, edy_cpu_features_text(all_features[i], text, sizeof text)))
            continue;
        features |= all_features[i];
        known++;
    }
    if (strcmp(words, "none") != 0 && known != count_words(words))
        fail_msg("features \"%s\": %zu of %zu are known", words, known, count_words(words));
    return features;
}

/* A backend of this build that is named for a CPU of another architecture is a mistake, too. */
static bool is_this_target(const char *target) {
#if defined(__x86_64__)
    return strncmp(target, "x86_64-", 7) == 0;
#elif defined(__aarch64__)
    return strncmp(target, "aarch64-", 8) == 0;
#elif defined(__arm__)
    return strncmp(target, "arm-", 4) == 0;
#else
    (void)target;
    return false;
#endif
}

static edy_csv_table read_table(void) {
    edy_csv_table table;
    edy_error err;
    if (edy_csv_table_read(EDYNO_SOURCE_DIR "/targets/cpus.csv", &table, &err))
        fail_msg("%s", err.message);
    assert_true(table.n_rows > 1);
    for (size_t i = 0; i < table.n_rows; i++)
        assert_int_equal(table.row[i].n_fields, COLUMNS);
    assert_string_equal(table.row[0].field[FEATURES], "features");
    return table;
}

static void each_backend_runs_or_is_refused_by_features(void **state) {
    (void)state;
    edy_csv_table table = read_table();
    size_t judged = 0;
    for (size_t i = 1; i < table.n_rows; i++) {
        char *const *field = table.row[i].field;
        const uint32_t features = features_of(field[FEATURES]);
        if (!is_this_target(field[TARGET]))
            continue;
        for (size_t b = 0; b < edy_backend_count(); b++, judged++) {
            const edy_backend *backend = edy_backend_at(b);
            const bool fits = (backend->features & ~features) == 0;
            if (fits != has_word(field[RUN], backend->name) ||
                fits == has_word(field[REFUSE], backend->name))
                fail_msg("cpu %s, backend %s: by its features it %s", field[CPU], backend->name,
                         fits ? "runs" : "is refused");
        }
        assert_true(count_words(field[RUN]) + count_words(field[REFUSE]) >= edy_backend_count());
    }
    edy_csv_table_release(&table);
    assert_true(judged > 0);
}

static void the_slice_of_ci_is_part_of_what_runs(void **state) {
    (void)state;
    edy_csv_table table = read_table();
    for (size_t i = 1; i < table.n_rows; i++) {
        char *const *field = table.row[i].field;
        for (int column = WALK; column <= JUDGE; column++)
            for (const char *at = field[column]; *at; at += strspn(at, " ")) {
                char name[32];
                assert_int_equal(sscanf(at, "%31s", name), 1);
                if (!has_word(field[RUN], name))
                    fail_msg("cpu %s: %s need not run there", field[CPU], name);
                at += strlen(name);
            }
        assert_int_equal(strncmp(field[EMULATOR], "qemu-", 5), 0);
    }
    edy_csv_table_release(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_backend_runs_or_is_refused_by_features),
        cmocka_unit_test(the_slice_of_ci_is_part_of_what_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
