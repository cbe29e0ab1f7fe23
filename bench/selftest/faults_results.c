/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Results files with a fault, for the reader that compare and report share. */
#include <stdlib.h>
#include <string.h>

#include "bench/record.h"
#include "bench/selftest/selftest.h"

enum { CUT, NOT_A_NUMBER, UNKNOWN_VERDICT, HUGE_BATCH, OTHER_SCHEMA, CUT_JOURNAL };

static bool write_document(edy_gate_answer *answer, const char *path) {
    edy_results *results = NULL;
    edy_record r;
    edy_error err;
    edy_record_init(&r);
    snprintf(r.workload, sizeof r.workload, "selftest");
    snprintf(r.variant, sizeof r.variant, "fp32");
    snprintf(r.backend, sizeof r.backend, "scalar");
    r.threads = r.batch = 1;
    r.seed = 7;
    r.macs = 4711;
    edy_record_set_name(&r);
    r.verdict = EDY_VERDICT_PASS;
    edy_status st = edy_results_create(&results, &err);
    st = st ? st : edy_results_add(results, &r, &err);
    if (!st)
        results->complete = true;
    st = st ? st : edy_results_write_json(results, path, &err);
    edy_record_clear(&r);
    edy_results_destroy(results);
    if (st)
        edy_gate_trouble(answer, "%s", err.message);
    return !st;
}

/* The context's line, a record's, and the one that says that the run came to its end. */
static bool write_journal(edy_gate_answer *answer, const char *path) {
    edy_context context;
    edy_journal *journal = NULL;
    edy_record r;
    edy_error err;
    edy_context_init(&context);
    edy_record_init(&r);
    snprintf(r.workload, sizeof r.workload, "selftest");
    edy_record_set_name(&r);
    edy_status st = edy_journal_open(path, &context, &journal, &err);
    st = st ? st : edy_journal_append(journal, &r, &err);
    const edy_status closed = edy_journal_close(journal, !st, st ? NULL : &err);
    edy_record_clear(&r);
    if (st || closed)
        edy_gate_trouble(answer, "%s", err.message);
    return !st && !closed;
}

/* The text of a file, with room for as many bytes again; the caller frees. */
static char *read_text(edy_gate_answer *answer, const char *path, size_t *bytes) {
    FILE *f = fopen(path, "rb");
    enum { MOST = 1 << 16 };
    char *text = calloc(2, MOST);
    *bytes = f && text ? fread(text, 1, MOST - 1, f) : 0;
    if (f)
        fclose(f);
    if (*bytes == 0)
        edy_gate_trouble(answer, "%s cannot be read back", path);
    return text;
}

/* Puts `to` where `from` stands, once. */
static void replace(edy_gate_answer *answer, char *text, size_t *bytes, const char *from,
                    const char *to) {
    char *at = strstr(text, from);
    if (!at) {
        edy_gate_trouble(answer, "the file does not hold %s", from);
        return;
    }
    const size_t rest = *bytes - (size_t)(at - text) - strlen(from);
    memmove(at + strlen(to), at + strlen(from), rest + 1);
    memcpy(at, to, strlen(to));
    *bytes += strlen(to) - strlen(from);
}

static void harm(edy_gate_answer *answer, int kind, char *text, size_t *bytes) {
    if (kind == CUT)
        *bytes /= 2;
    if (kind == NOT_A_NUMBER)
        replace(answer, text, bytes, "4711", "\"x\"");
    if (kind == UNKNOWN_VERDICT)
        replace(answer, text, bytes, "\"PASS\"", "\"FINE\"");
    if (kind == HUGE_BATCH)
        replace(answer, text, bytes, "4711", "1e300");
    if (kind == OTHER_SCHEMA)
        replace(answer, text, bytes, "\"schema_version\":", "\"schema_version\":9");
    if (kind == CUT_JOURNAL)
        *bytes -= 20;
}

static void ask(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer) {
    char path[EDY_FAULT_PATH];
    edy_results *results = NULL;
    edy_error err;
    edy_fault_path(folder, "results", path);
    if (!(fault->kind == CUT_JOURNAL ? write_journal : write_document)(answer, path))
        return;
    size_t bytes = 0;
    char *text = read_text(answer, path, &bytes);
    if (bytes && harmed) {
        harm(answer, fault->kind, text, &bytes);
        edy_fault_write(answer, path, text, bytes);
    }
    free(text);
    if (edy_results_read(path, &results, &err))
        edy_gate_fires(answer, "%s", err.message + strlen(folder) + 1);
    else if (!results->complete)
        edy_gate_fires(answer, "of a run that did not end; %zu records", results->n);
    edy_results_destroy(results);
}

#define READER "results reader"
const edy_fault edy_faults_results[] = {
    {"results-cut-in-half", READER, "results: ", ask, CUT, NULL},
    {"results-text-for-number", READER, "macs", ask, NOT_A_NUMBER, NULL},
    {"results-unknown-verdict", READER, "FINE", ask, UNKNOWN_VERDICT, NULL},
    {"results-number-out-of-range", READER, "macs", ask, HUGE_BATCH, NULL},
    {"results-of-another-schema", READER, "schema_version", ask, OTHER_SCHEMA, NULL},
    {"journal-without-end", READER, "did not end", ask, CUT_JOURNAL, NULL},
    {.name = NULL}};
