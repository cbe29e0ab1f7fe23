/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Counters: where the machine has none, the reason is said and the next best is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/counters.h"

static int refusal; /* errno of the fake kernel */

static int refuse_all(struct perf_event_attr *attr, int group_fd) {
    (void)attr;
    (void)group_fd;
    errno = refusal;
    return -1;
}

static int software_only(struct perf_event_attr *attr, int group_fd) {
    if (attr->type == PERF_TYPE_HARDWARE) {
        errno = refusal;
        return -1;
    }
    return (int)syscall(SYS_perf_event_open, attr, 0, -1, group_fd, PERF_FLAG_FD_CLOEXEC);
}

/* A PMU with instructions but without cycles: half a group is no group. */
static int no_cycles(struct perf_event_attr *attr, int group_fd) {
    if (attr->type == PERF_TYPE_HARDWARE && attr->config == PERF_COUNT_HW_CPU_CYCLES) {
        errno = ENOENT;
        return -1;
    }
    if (attr->type == PERF_TYPE_HARDWARE)
        return dup(STDOUT_FILENO);
    return software_only(attr, group_fd);
}

/* Touches `pages` new pages: that many page faults. */
static void touch_pages(size_t pages) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    madvise(p, pages * page, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < pages; i++)
        ((volatile char *)p)[i * page] = 1;
    munmap(p, pages * page);
}

static edy_counts count_pages(edy_perf_open_fn open) {
    edy_counters *c = NULL;
    edy_counts counts;
    assert_int_equal(edy_counters_create(open, &c, NULL), EDY_OK);
    touch_pages(3000); /* not counted yet */
    for (int i = 0; i < 2; i++) {
        edy_counters_start(c);
        touch_pages(3000);
        edy_counters_stop(c);
        touch_pages(3000); /* not counted */
    }
    edy_counters_read(c, &counts);
    edy_counters_destroy(c);
    return counts;
}

static void assert_software(const edy_counts *counts) {
    assert_int_equal(counts->kind, EDY_COUNTERS_SOFTWARE);
    assert_int_equal(counts->instructions, -1);
    assert_int_equal(counts->cycles, -1);
    assert_true(counts->page_faults >= 5900 && counts->page_faults < 8900);
    assert_true(counts->task_clock_ns > 0);
    assert_true(counts->context_switches >= 0);
}

static void refused_by_setting(void **state) {
    (void)state;
    refusal = EACCES;
    const edy_counts counts = count_pages(refuse_all);
    assert_software(&counts); /* by getrusage */
    assert_non_null(strstr(counts.reason, "perf_event_paranoid"));
    assert_non_null(strstr(counts.reason, "sysctl"));
}

static void no_pmu_in_a_virtual_machine(void **state) {
    (void)state;
    refusal = ENOENT;
    const edy_counts counts = count_pages(software_only);
    assert_software(&counts);
    assert_non_null(strstr(counts.reason, "no PMU"));
    const edy_counts half = count_pages(no_cycles);
    assert_software(&half);
}

static void no_such_system_call(void **state) {
    (void)state;
    refusal = ENOSYS;
    const edy_counts counts = count_pages(refuse_all);
    assert_software(&counts);
    assert_non_null(strstr(counts.reason, "no perf_event_open"));
}

static void counters_that_count_nothing_are_told(void **state) {
    (void)state;
    edy_counters *c = NULL;
    edy_counts counts;
    assert_int_equal(edy_counters_create(NULL, &c, NULL), EDY_OK);
    edy_counters_read(c, &counts); /* never started */
    assert_int_equal(counts.kind, EDY_COUNTERS_SOFTWARE);
    assert_true(counts.reason[0] != '\0');
    edy_counters_destroy(c);
    edy_counters_destroy(NULL);
}

static void this_machine_counts_or_says_why(void **state) {
    (void)state;
    const edy_counts counts = count_pages(NULL);
    assert_true(counts.page_faults >= 5900 && counts.page_faults < 8900);
    if (counts.kind == EDY_COUNTERS_HARDWARE) {
        assert_true(counts.instructions > 0 && counts.cycles > 0);
        assert_true(counts.scaled > 0 && counts.scaled <= 1);
    } else {
        assert_true(counts.reason[0] != '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_by_setting),
        cmocka_unit_test(no_pmu_in_a_virtual_machine),
        cmocka_unit_test(no_such_system_call),
        cmocka_unit_test(counters_that_count_nothing_are_told),
        cmocka_unit_test(this_machine_counts_or_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
