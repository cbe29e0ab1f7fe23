/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/selftest/selftest.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/print_text.h"

static const edy_fault *const tables[] = {
    edy_faults_walk_f32, edy_faults_walk_s8, edy_faults_judge,   edy_faults_conform,
    edy_faults_golden,   edy_faults_exit,    edy_faults_compare, edy_faults_results,
};

const edy_fault *edy_fault_at(size_t index) {
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const edy_fault *f = tables[t]; f->name; f++)
            if (index-- == 0)
                return f;
    return NULL;
}

size_t edy_fault_count(void) {
    size_t n = 0;
    while (edy_fault_at(n))
        n++;
    return n;
}

const edy_fault *edy_fault_find(const char *name) {
    for (size_t i = 0; edy_fault_at(i); i++)
        if (strcmp(edy_fault_at(i)->name, name) == 0)
            return edy_fault_at(i);
    return NULL;
}

/* ---- What a gate did ------------------------------------------------------------------------- */

void edy_gate_fires(edy_gate_answer *answer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(answer->says, sizeof answer->says, format, args);
    va_end(args);
    answer->fired = true;
}

void edy_gate_trouble(edy_gate_answer *answer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (!answer->trouble[0])
        vsnprintf(answer->trouble, sizeof answer->trouble, format, args);
    va_end(args);
}

/* ---- Files ----------------------------------------------------------------------------------- */

const char *edy_fault_path(const char *folder, const char *name, char text[EDY_FAULT_PATH]) {
    snprintf(text, EDY_FAULT_PATH, "%s/%s", folder, name);
    return text;
}

bool edy_fault_write(edy_gate_answer *answer, const char *path, const void *data, size_t bytes) {
    FILE *f = fopen(path, "wb");
    const bool written = f && fwrite(data, 1, bytes, f) == bytes;
    if ((f && fclose(f) != 0) || !written) {
        edy_gate_trouble(answer, "cannot write %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool make_folder(char folder[EDY_FAULT_PATH]) {
    const char *base = getenv("TMPDIR");
    const int n = snprintf(folder, EDY_FAULT_PATH, "%s/edyno-selftest-XXXXXX",
                           base && base[0] ? base : "/tmp");
    return n < EDY_FAULT_PATH / 2 && mkdtemp(folder);
}

/* Gates are asked to write files only, no folders. */
static void remove_folder(const char *folder) {
    DIR *d = opendir(folder);
    for (const struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char path[EDY_FAULT_PATH + sizeof e->d_name];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(folder);
}

/* ---- Trying ---------------------------------------------------------------------------------- */

static edy_gate_answer ask(const edy_fault *fault, bool harmed) {
    edy_gate_answer answer = {.fired = false};
    char folder[EDY_FAULT_PATH];
    if (!make_folder(folder)) {
        edy_gate_trouble(&answer, "no temporary folder %s: %s", folder, strerror(errno));
        return answer;
    }
    fault->ask(fault, folder, harmed, &answer);
    remove_folder(folder);
    return answer;
}

edy_fault_result edy_fault_try(const edy_fault *fault) {
    edy_fault_result r = {.fault = fault};
    const edy_gate_answer control = ask(fault, false);
    if (control.trouble[0]) {
        snprintf(r.text, sizeof r.text, "the gate could not be asked: %s", control.trouble);
        return r;
    }
    if (control.fired) {
        snprintf(r.text, sizeof r.text, "the gate fires on what is unharmed: %s", control.says);
        return r;
    }
    const edy_gate_answer harmed = ask(fault, true);
    if (harmed.trouble[0])
        snprintf(r.text, sizeof r.text, "the gate could not be asked: %s", harmed.trouble);
    else if (!harmed.fired)
        snprintf(r.text, sizeof r.text, "the gate let it pass");
    else if (!strstr(harmed.says, fault->sign))
        snprintf(r.text, sizeof r.text, "the gate fires for another reason (not \"%s\"): %s",
                 fault->sign, harmed.says);
    else
        r.caught = true;
    if (r.caught)
        snprintf(r.text, sizeof r.text, "%s", harmed.says);
    return r;
}

void edy_fault_print_heading(FILE *out) {
    fprintf(out, "%-28s %-24s %s\n", "FAULT", "GATE", "VERDICT");
}

void edy_fault_print(const edy_fault_result *r, FILE *out) {
    fprintf(out, "%-28s %-24s %s\n", r->fault->name, r->fault->gate,
            r->caught ? "caught" : "MISSED");
    edy_print_wrapped(out, 4, r->text);
}
