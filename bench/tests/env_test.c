/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The context, from made-up /proc and /sys trees and from this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/env.h"
#include "bench/env_virtual.h"

static char root[64];

/* Writes text to root + path, with all folders. */
static void put(const char *path, const char *text) {
    char full[256];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int new_root(void **state) {
    (void)state;
    unsetenv("EDYNO_EMULATED");
    strcpy(root, "/tmp/edyno_env_XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void cpuinfo_of_a_pc(void **state) {
    (void)state;
    edy_context c;
    edy_context_init(&c);
    put("/proc/cpuinfo", "processor\t: 0\nmodel\t\t: 1\nmodel name\t: Some CPU @ 2 GHz\n"
                         "cpu MHz\t\t: 2445.5\nmodel name\t: Another\n");
    edy_env_cpuinfo(root, &c);
    assert_string_equal(c.cpu_model, "Some CPU @ 2 GHz");
    assert_true(c.mhz == 2445.5);
}

static void cpuinfo_of_boards(void **state) {
    (void)state;
    edy_context c;
    edy_context_init(&c);
    put("/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n"
                         "Model\t\t: Raspberry Pi 4 Model B\n");
    edy_env_cpuinfo(root, &c);
    assert_string_equal(c.cpu_model, "Raspberry Pi 4 Model B");
    assert_true(isnan(c.mhz));
    edy_context_init(&c);
    put("/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n");
    edy_env_cpuinfo(root, &c);
    assert_non_null(strstr(c.cpu_model, "implementer 0x41 part 0xd0c"));
    edy_context_init(&c);
    put("/proc/cpuinfo", "");
    edy_env_cpuinfo(root, &c);
    assert_string_equal(c.cpu_model, "");
}

static void long_lines_do_no_harm(void **state) {
    (void)state;
    static char text[20000] = "model name : ";
    memset(text + 13, 'x', sizeof text - 14);
    put("/proc/cpuinfo", text);
    edy_context c;
    edy_context_init(&c);
    edy_env_cpuinfo(root, &c);
    assert_int_equal(strlen(c.cpu_model), EDY_NAME_BYTES - 1);
}

static void governor_and_turbo(void **state) {
    (void)state;
    edy_context c;
    edy_context_init(&c);
    edy_env_frequency(root, &c);
    assert_string_equal(c.governor, "");
    assert_int_equal(c.scaling, EDY_UNKNOWN);
    assert_int_equal(c.turbo, EDY_UNKNOWN);
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    edy_env_frequency(root, &c);
    assert_string_equal(c.governor, "powersave");
    assert_int_equal(c.scaling, EDY_YES);
    assert_int_equal(c.turbo, EDY_NO);
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
    put("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
    edy_env_frequency(root, &c);
    assert_int_equal(c.scaling, EDY_NO);
    assert_int_equal(c.turbo, EDY_YES);
}

static const char *doubt_text(const edy_context *c, const char *code) {
    for (size_t i = 0; i < c->n_doubts; i++)
        if (strcmp(c->doubt[i].code, code) == 0)
            return c->doubt[i].text;
    return NULL;
}

static void doubts_name_the_next_step(void **state) {
    (void)state;
    edy_context c;
    edy_context_init(&c);
    strcpy(c.virtualisation, "none");
    strcpy(c.build_type, "Release");
    edy_env_doubts(&c);
    assert_int_equal(c.n_doubts, 0); /* nothing known, nothing doubted */
    strcpy(c.governor, "powersave");
    c.scaling = c.turbo = EDY_YES;
    c.cpus = 4;
    put("/proc/loadavg", "2.50 1.00 0.50 1/100 1234\n");
    edy_env_load(root, &c);
    strcpy(c.virtualisation, "kvm");
    strcpy(c.build_type, "Debug");
    edy_env_doubts(&c);
    assert_non_null(strstr(doubt_text(&c, "frequency"), "cpupower"));
    assert_non_null(strstr(doubt_text(&c, "turbo"), "turn it off"));
    assert_non_null(strstr(doubt_text(&c, "load"), "2.5 on 4 CPUs"));
    assert_non_null(strstr(doubt_text(&c, "virtual"), "kvm"));
    assert_non_null(strstr(doubt_text(&c, "build"), "Release"));
    assert_null(doubt_text(&c, "emulated"));
}

static void emulation_is_seen(void **state) {
    (void)state;
    char how[64], link[128];
    const char *native = strcmp(edy_env_arch(), "x86_64") == 0 ? "vendor_id\t: GenuineIntel\n"
                                                               : "CPU implementer\t: 0x41\n";
    const char *foreign = strcmp(edy_env_arch(), "x86_64") == 0 ? "CPU implementer\t: 0x41\n"
                                                                : "vendor_id\t: GenuineIntel\n";
    put("/proc/cpuinfo", native);
    put("/proc/thread-self/comm", "x\n");
    assert_false(edy_env_emulated(root, how, sizeof how));
    assert_string_equal(how, "");
    snprintf(link, sizeof link, "%s/proc/thread-self/exe", root);
    assert_int_equal(symlink("/usr/bin/edyno", link), 0);
    assert_false(edy_env_emulated(root, how, sizeof how));
    unlink(link);
    assert_int_equal(symlink("/usr/bin/qemu-aarch64", link), 0);
    assert_true(edy_env_emulated(root, how, sizeof how));
    assert_string_equal(how, "qemu-user");
    unlink(link);
    put("/proc/cpuinfo", foreign);
    assert_true(edy_env_emulated(root, NULL, 0));
    put("/proc/cpuinfo", "model name\t: QEMU TCG CPU version 2.5+\n");
    assert_true(edy_env_emulated(root, how, sizeof how));
    assert_string_equal(how, "qemu-tcg");
    put("/proc/cpuinfo", native);
    setenv("EDYNO_EMULATED", "0", 1);
    assert_false(edy_env_emulated(root, how, sizeof how));
    setenv("EDYNO_EMULATED", "1", 1);
    assert_true(edy_env_emulated(root, how, sizeof how));
    assert_string_equal(how, "EDYNO_EMULATED");
    edy_context c;
    edy_context_init(&c);
    edy_env_virtualisation(root, &c);
    assert_true(c.emulated);
    unsetenv("EDYNO_EMULATED");
}

static void caches_of_a_synthetic_machine(void **state) {
    (void)state;
    edy_context c;
    edy_context_init(&c);
    edy_env_topology("pack:2 l3:1(size=8388608) l2:2(size=1048576) l1d:1(size=32768) core:1 pu:2",
                     &c);
    assert_int_equal(c.cpus, 8);
    assert_int_equal(c.cores, 4);
    assert_int_equal(c.packages, 2);
    assert_int_equal(c.core_kinds, 1);
    assert_int_equal(c.n_caches, 3);
    assert_int_equal(c.cache[0].level, 1);
    assert_int_equal(c.cache[0].count, 4);
    assert_int_equal(c.cache[0].shared_by, 2);
    assert_string_equal(c.cache[0].type, "data");
    assert_int_equal(c.cache[2].level, 3);
    assert_int_equal(c.cache[2].count, 2);
    assert_int_equal(c.cache[2].shared_by, 4);
    assert_int_equal(c.cache[2].bytes, 8 << 20);
}

static void this_machine_is_described(void **state) {
    (void)state;
    edy_context c;
    const edy_clock clock = edy_clock_system();
    edy_env_context("", &clock, &c);
    assert_true(c.cpus >= 1 && c.cores >= 1 && c.cores <= c.cpus);
    assert_non_null(strstr(c.backends, "scalar"));
    assert_true(strlen(c.compiler) > 3 && strlen(c.flags) > 3 && strlen(c.git_commit) > 3);
    assert_true(strlen(c.date) == strlen("2025-01-01T00:00:00+0000"));
    assert_true(c.timer_overhead_ns > 0 && c.empty_workload_ns >= 0);
    assert_true(c.empty_workload_ns < 1e5);
    assert_true(strlen(c.virtualisation) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cpuinfo_of_a_pc, new_root, remove_root),
        cmocka_unit_test_setup_teardown(cpuinfo_of_boards, new_root, remove_root),
        cmocka_unit_test_setup_teardown(long_lines_do_no_harm, new_root, remove_root),
        cmocka_unit_test_setup_teardown(governor_and_turbo, new_root, remove_root),
        cmocka_unit_test_setup_teardown(doubts_name_the_next_step, new_root, remove_root),
        cmocka_unit_test_setup_teardown(emulation_is_seen, new_root, remove_root),
        cmocka_unit_test(caches_of_a_synthetic_machine),
        cmocka_unit_test(this_machine_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
