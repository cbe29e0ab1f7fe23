/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { INSTRUCTIONS, CYCLES, TASK_CLOCK, PAGE_FAULTS, SWITCHES, EVENTS, HARDWARE = TASK_CLOCK };

static const struct event {
    uint32_t type;
    uint64_t config;
} events[EVENTS] = {
    [INSTRUCTIONS] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    [CYCLES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    [TASK_CLOCK] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
    [PAGE_FAULTS] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
    [SWITCHES] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
};

/* What the process had used at one moment; stands in for software events. */
typedef struct usage {
    int64_t cpu_ns, faults, switches;
} usage;

struct edy_counters {
    int fd[EVENTS];      /* -1: not open */
    usage begun, summed; /* of the getrusage way */
    bool by_usage;
    char reason[EDY_TEXT_BYTES];
};

static int system_perf_open(struct perf_event_attr *attr, int group_fd) {
    return (int)syscall(SYS_perf_event_open, attr, 0, -1, group_fd, PERF_FLAG_FD_CLOEXEC);
}

int64_t edy_perf_event_paranoid(void) {
    FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "r");
    int value = -1000;
    if (!f)
        return value;
    if (fscanf(f, "%d", &value) != 1)
        value = -1000;
    fclose(f);
    return value;
}

static usage usage_now(void) {
    struct rusage r;
    struct timespec t;
    getrusage(RUSAGE_SELF, &r);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (usage){(int64_t)t.tv_sec * 1000000000 + t.tv_nsec, r.ru_minflt + r.ru_majflt,
                   r.ru_nvcsw + r.ru_nivcsw};
}

/* Inherited by the threads made later; that rules out reading a group at once, so each event is
 * read alone, with the times that say whether it was multiplexed. Hardware events count user space
 * only:
 * that is what a kernel's setting of 2 allows, and what inference does. */
static int open_event(edy_perf_open_fn open, int which, int group_fd) {
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = events[which].type;
    attr.config = events[which].config;
    attr.disabled = 1;
    attr.inherit = 1;
    attr.exclude_kernel = which < HARDWARE;
    attr.exclude_hv = which < HARDWARE;
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return open(&attr, group_fd);
}

static void explain(edy_counters *c, int error) {
    const long long paranoid = (long long)edy_perf_event_paranoid();
    if (error == EACCES || error == EPERM)
        snprintf(c->reason, sizeof c->reason,
                 "the kernel refuses hardware counters (perf_event_paranoid is %lld); allow them "
                 "with: sysctl kernel.perf_event_paranoid=2, or CAP_PERFMON",
                 paranoid);
    else if (error == ENOSYS)
        snprintf(c->reason, sizeof c->reason,
                 "no perf_event_open here (emulator or sandbox); run on the machine itself");
    else
        snprintf(c->reason, sizeof c->reason,
                 "no hardware counters on this machine (perf_event_open: %s; perf_event_paranoid "
                 "is %lld); virtual machines often have no PMU: run on the metal, or have the host "
                 "pass its PMU through",
                 strerror(error), paranoid);
}

static void close_events(edy_counters *c, int first, int end) {
    for (int i = first; i < end; i++) {
        if (c->fd[i] >= 0)
            close(c->fd[i]);
        c->fd[i] = -1;
    }
}

/* All of [first, end) or none; errno says why none. */
static bool open_events(edy_counters *c, edy_perf_open_fn open, int first, int end, bool group) {
    for (int i = first; i < end; i++) {
        c->fd[i] = open_event(open, i, group && i > first ? c->fd[first] : -1);
        if (c->fd[i] < 0) {
            const int error = errno;
            close_events(c, first, i);
            errno = error;
            return false;
        }
    }
    return true;
}

edy_status edy_counters_create(edy_perf_open_fn open, edy_counters **counters, edy_error *err) {
    edy_counters *c = calloc(1, sizeof *c);
    if (!c)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for counters");
    for (int i = 0; i < EVENTS; i++)
        c->fd[i] = -1;
    if (!open)
        open = system_perf_open;
    if (!open_events(c, open, 0, HARDWARE, true))
        explain(c, errno);
    c->by_usage = !open_events(c, open, HARDWARE, EVENTS, false);
    *counters = c;
    return EDY_OK;
}

void edy_counters_destroy(edy_counters *counters) {
    if (!counters)
        return;
    close_events(counters, 0, EVENTS);
    free(counters);
}

static void switch_events(const edy_counters *c, unsigned long request) {
    for (int i = 0; i < EVENTS; i++)
        if (c->fd[i] >= 0)
            ioctl(c->fd[i], request, 0);
}

void edy_counters_start(void *counters) {
    edy_counters *c = counters;
    c->begun = usage_now();
    switch_events(c, PERF_EVENT_IOC_ENABLE);
}

void edy_counters_stop(void *counters) {
    edy_counters *c = counters;
    switch_events(c, PERF_EVENT_IOC_DISABLE);
    const usage now = usage_now();
    c->summed.cpu_ns += now.cpu_ns - c->begun.cpu_ns;
    c->summed.faults += now.faults - c->begun.faults;
    c->summed.switches += now.switches - c->begun.switches;
}

/* The count, scaled up where the event shared its counter with others; -1 where it never ran. */
static int64_t read_event(int fd, double *share) {
    struct {
        uint64_t value, enabled, running;
    } r;
    *share = 1;
    if (fd < 0 || read(fd, &r, sizeof r) != (ssize_t)sizeof r || (r.enabled && !r.running))
        return -1;
    if (r.running < r.enabled)
        *share = (double)r.running / (double)r.enabled;
    return (int64_t)((double)r.value / *share);
}

static void read_software(const edy_counters *c, edy_counts *counts) {
    double share;
    if (c->by_usage) {
        counts->task_clock_ns = c->summed.cpu_ns;
        counts->page_faults = c->summed.faults;
        counts->context_switches = c->summed.switches;
        return;
    }
    counts->task_clock_ns = read_event(c->fd[TASK_CLOCK], &share);
    counts->page_faults = read_event(c->fd[PAGE_FAULTS], &share);
    counts->context_switches = read_event(c->fd[SWITCHES], &share);
}

void edy_counters_read(const edy_counters *counters, edy_counts *counts) {
    double share = 1, other = 1;
    *counts = (edy_counts){
        .kind = EDY_COUNTERS_SOFTWARE, .instructions = -1, .cycles = -1, .scaled = NAN};
    read_software(counters, counts);
    memcpy(counts->reason, counters->reason, sizeof counts->reason);
    if (counters->fd[INSTRUCTIONS] < 0)
        return;
    const int64_t instructions = read_event(counters->fd[INSTRUCTIONS], &share);
    const int64_t cycles = read_event(counters->fd[CYCLES], &other);
    if (instructions <= 0 || cycles <= 0) {
        snprintf(counts->reason, sizeof counts->reason,
                 "the hardware counters opened but counted nothing; another profiler may hold "
                 "them, or the virtual PMU is empty");
        return;
    }
    counts->kind = EDY_COUNTERS_HARDWARE;
    counts->instructions = instructions;
    counts->cycles = cycles;
    counts->scaled = share < other ? share : other;
}
