/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* No kernel goes unwalked: the parts of the families cover the whole table, and each function in it
 * is called by a family whose part it lies in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/walk/kernel_check.h"
#include "engine/backend.h"

/* The linker's marks around the program's code. */
extern const char __executable_start, etext;

typedef void (*function)(void);
enum { WORDS = sizeof(edy_kernels) / sizeof(function), CALLED = 99 };

static bool holds(const edy_kernel_family *family, size_t word) {
    const size_t at = word * sizeof(function);
    return at >= family->part.offset && at < family->part.offset + family->part.bytes;
}

static void parts_cover_the_table(void **state) {
    (void)state;
    assert_int_equal(sizeof(edy_kernels) % sizeof(function), 0);
    for (size_t word = 0; word < WORDS; word++) {
        size_t families = 0;
        for (size_t f = 0; f < edy_kernel_family_count(); f++)
            families += holds(edy_kernel_family_at(f), word);
        if (families == 0)
            fail_msg("byte %zu of edy_kernels belongs to no family of the walk",
                     word * sizeof(function));
    }
}

static void poison(void) {
    _exit(CALLED);
}

static uintptr_t word_at(const edy_kernels *k, size_t word) {
    uintptr_t value;
    memcpy(&value, (const char *)k + word * sizeof value, sizeof value);
    return value;
}

/* Names and tiles are words of the table too; only code lies between the marks. */
static bool is_function(uintptr_t word) {
    return word >= (uintptr_t)&__executable_start && word < (uintptr_t)&etext;
}

/* True where one of the families that hold the word calls what stands there. */
static bool is_called(const edy_kernels *table, size_t word) {
    edy_kernels k = *table;
    const function bad = poison;
    memcpy((char *)&k + word * sizeof bad, &bad, sizeof bad);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const edy_kernel_problem p = {
            .rows = 1, .channels = 3, .depth = 2, .taps = 9, .fill = EDY_FILL_EXACT, .seed = 1};
        edy_kernel_verdict v;
        for (size_t f = 0; f < edy_kernel_family_count(); f++)
            if (holds(edy_kernel_family_at(f), word))
                edy_kernel_family_at(f)->check(&k, &p, &v);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == CALLED;
}

static void every_function_is_called(void **state) {
    (void)state;
    size_t functions = 0;
    for (size_t b = 0; b < edy_backend_count(); b++) {
        if (!edy_backend_runs_here(edy_backend_at(b)))
            continue;
        const edy_kernels k = edy_backend_kernels(edy_backend_at(b));
        for (size_t word = 0; word < WORDS; word++) {
            if (!is_function(word_at(&k, word)))
                continue;
            functions++;
            if (!is_called(&k, word))
                fail_msg("%s: no family calls the function at byte %zu of edy_kernels",
                         edy_backend_at(b)->name, word * sizeof(function));
        }
    }
    assert_true(functions >= 30); /* the marks are where they should be */
}

static void tells_absent_and_inherited(void **state) {
    (void)state;
    const edy_kernel_family *family = edy_kernel_family_find("f32_add");
    edy_kernels a, b;
    char text[64];
    memset(&a, 0, sizeof a);
    edy_kernels_scalar(&a);
    b = a;
    assert_true(edy_kernel_present(family, &a));
    assert_true(edy_kernel_same(family, &a, &b));
    assert_string_equal(edy_kernel_name(family, &a, "scalar", text), "f32_add__scalar");
    b.f32_add = a.f32_mul;
    assert_false(edy_kernel_same(family, &a, &b));
    b.f32_add = NULL;
    assert_false(edy_kernel_present(family, &b));
    assert_ptr_equal(edy_kernel_name(edy_kernel_family_find("f32_gemm"), &a, "scalar", text),
                     a.f32_dense.name);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts_cover_the_table),
                                       cmocka_unit_test(every_function_is_called),
                                       cmocka_unit_test(tells_absent_and_inherited)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
