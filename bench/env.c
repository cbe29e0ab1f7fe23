/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/env.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench/counters.h"
#include "bench/env_virtual.h"
#include "bench/sampler.h"
#include "build_info.h"
#include "engine/backend.h"
#include "engine/cpu.h"

#if defined(__x86_64__)
static const char arch[] = "x86_64";
#elif defined(__i386__)
static const char arch[] = "i386";
#elif defined(__aarch64__)
static const char arch[] = "aarch64";
#elif defined(__arm__)
static const char arch[] = "arm";
#elif defined(__riscv)
static const char arch[] = "riscv";
#else
static const char arch[] = "unknown";
#endif

const char *edy_env_arch(void) {
    return arch;
}

/* First line of root + path without its newline; "" where there is none. */
static const char *first_line(const char *root, const char *path, char *line, size_t size) {
    char full[512];
    line[0] = '\0';
    snprintf(full, sizeof full, "%s%s", root, path);
    FILE *f = fopen(full, "r");
    if (!f)
        return line;
    if (!fgets(line, (int)size, f))
        line[0] = '\0';
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

/* "key : value" of /proc/cpuinfo, the first of that key; "" where there is none. */
static const char *cpuinfo_value(const char *root, const char *key, char *value, size_t size) {
    char full[512], line[4096];
    value[0] = '\0';
    snprintf(full, sizeof full, "%s/proc/cpuinfo", root);
    FILE *f = fopen(full, "r");
    if (!f)
        return value;
    const size_t length = strlen(key);
    while (!value[0] && fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, length) ||
            strspn(line + length, " \t") != (size_t)(colon - line) - length)
            continue;
        snprintf(value, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
        value[strcspn(value, "\n")] = '\0';
    }
    fclose(f);
    return value;
}

/* x86 says "model name"; boards say "Model" or "Hardware" at the end, ARM servers only numbers. */
void edy_env_cpuinfo(const char *root, edy_context *context) {
    static const char *const keys[] = {"model name", "Model", "Hardware", "cpu model", "uarch"};
    char value[256], part[64];
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !context->cpu_model[0]; i++)
        snprintf(context->cpu_model, sizeof context->cpu_model, "%s",
                 cpuinfo_value(root, keys[i], value, EDY_NAME_BYTES));
    if (!context->cpu_model[0] && cpuinfo_value(root, "CPU implementer", value, sizeof part)[0])
        snprintf(context->cpu_model, sizeof context->cpu_model, "%s implementer %.30s part %.30s",
                 arch, value, cpuinfo_value(root, "CPU part", part, sizeof part));
    char *end;
    cpuinfo_value(root, "cpu MHz", value, sizeof value);
    const double mhz = strtod(value, &end);
    context->mhz = end != value ? mhz : NAN;
}

void edy_env_frequency(const char *root, edy_context *context) {
    char line[128];
    snprintf(context->governor, sizeof context->governor, "%.100s",
             first_line(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", line,
                        sizeof line));
    if (context->governor[0])
        context->scaling = strcmp(context->governor, "performance") == 0 ? EDY_NO : EDY_YES;
    if (first_line(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", line, sizeof line)[0])
        context->turbo = line[0] == '1' ? EDY_NO : EDY_YES;
    else if (first_line(root, "/sys/devices/system/cpu/cpufreq/boost", line, sizeof line)[0])
        context->turbo = line[0] == '1' ? EDY_YES : EDY_NO;
}

void edy_env_load(const char *root, edy_context *context) {
    char line[128];
    double load[3];
    first_line(root, "/proc/loadavg", line, sizeof line);
    if (sscanf(line, "%lf %lf %lf", &load[0], &load[1], &load[2]) == 3)
        memcpy(context->load_avg, load, sizeof load);
}

void edy_env_build(edy_context *context) {
    snprintf(context->edyno_version, sizeof context->edyno_version, "%s", EDYNO_BUILD_VERSION);
    snprintf(context->compiler, sizeof context->compiler, "%s", EDYNO_BUILD_COMPILER);
    snprintf(context->flags, sizeof context->flags, "%s", EDYNO_BUILD_FLAGS);
    snprintf(context->build_type, sizeof context->build_type, "%s", EDYNO_BUILD_TYPE);
    snprintf(context->git_commit, sizeof context->git_commit, "%s", EDYNO_BUILD_COMMIT);
    snprintf(context->arch, sizeof context->arch, "%s", arch);
}

static void list_backends(edy_context *context) {
    size_t at = 0;
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *b = edy_backend_at(i);
        if (edy_backend_runs_here(b) && at < sizeof context->backends)
            at += (size_t)snprintf(context->backends + at, sizeof context->backends - at, "%s%s",
                                   at ? " " : "", b->name);
    }
    edy_cpu_features_text(edy_cpu_features(), context->cpu_features, sizeof context->cpu_features);
}

static void date_and_system(edy_context *context) {
    const time_t now = time(NULL);
    struct tm local;
    struct utsname u;
    if (localtime_r(&now, &local))
        strftime(context->date, sizeof context->date, "%Y-%m-%dT%H:%M:%S%z", &local);
    if (uname(&u) == 0)
        snprintf(context->os, sizeof context->os, "%.30s %.60s %.30s", u.sysname, u.release,
                 u.machine);
}

static void nothing(void *context) {
    (void)context;
}

static void measure_instrument(const edy_clock *clock, edy_context *context) {
    const edy_clock_quality quality = edy_clock_measure(clock);
    context->timer_resolution_ns = quality.resolution_ns;
    context->timer_overhead_ns = quality.overhead_ns;
    edy_sampler_options options = edy_sampler_defaults();
    options.min_time_s = 0.02;
    options.warmup_s = 0.005;
    options.repetitions = 1;
    edy_record empty;
    edy_record_init(&empty);
    if (!edy_sample(clock, nothing, NULL, &options, &empty.latency, NULL))
        context->empty_workload_ns = empty.latency.median_ns;
    edy_record_clear(&empty);
}

/* Each doubt ends with what to do next. */
void edy_env_doubts(edy_context *c) {
    if (c->emulated)
        edy_context_doubt(c, "emulated",
                          "instructions are emulated (%s), so no latency is reported; run on the "
                          "machine itself to measure",
                          c->virtualisation);
    if (c->scaling == EDY_YES)
        edy_context_doubt(c, "frequency",
                          "the clock is scaled by the governor \"%.60s\"; set it with: cpupower "
                          "frequency-set -g performance",
                          c->governor);
    if (c->turbo == EDY_YES)
        edy_context_doubt(c, "turbo",
                          "turbo is on, so speed depends on temperature and on other "
                          "cores; turn it off to compare runs");
    if (isfinite(c->load_avg[0]) && c->cpus > 0 && c->load_avg[0] > 0.5 * (double)c->cpus)
        edy_context_doubt(
            c, "load",
            "the load average was %.1f on %lld CPUs at the start; stop other work and "
            "run again",
            c->load_avg[0], (long long)c->cpus);
    if (!c->emulated && c->virtualisation[0] && strcmp(c->virtualisation, "none") != 0)
        edy_context_doubt(c, "virtual",
                          "this is a virtual machine or container (%.60s), where other guests can "
                          "take time; run on the metal to compare machines",
                          c->virtualisation);
    if (strcmp(c->build_type, "Debug") == 0 || strstr(c->flags, "-fsanitize"))
        edy_context_doubt(c, "build",
                          "this is a debug or sanitizer build; build with "
                          "-DCMAKE_BUILD_TYPE=Release to measure");
}

void edy_env_context(const char *root, const edy_clock *clock, edy_context *context) {
    edy_context_init(context);
    edy_env_build(context);
    date_and_system(context);
    edy_env_load(root, context); /* before we make load ourselves */
    edy_env_cpuinfo(root, context);
    edy_env_topology(NULL, context);
    edy_env_frequency(root, context);
    list_backends(context);
    edy_env_virtualisation(root, context);
    context->perf_event_paranoid = edy_perf_event_paranoid();
    measure_instrument(clock, context);
    edy_env_doubts(context);
}
