/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* results.json and results.jsonl: one entry a line in both. */
#include "bench/record_fields.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- results.json --------------------------------------------------------------------------- */

/* What Google Benchmark prints for --benchmark_report_aggregates_only: one statistic an entry. */
static cJSON *median_aggregate(const edy_record *record) {
    char name[sizeof record->name + 8];
    snprintf(name, sizeof name, "%s_median", record->name);
    const double cpu = record->latency.cpu_time_ns;
    cJSON *o = cJSON_CreateObject();
    const bool ok = o && cJSON_AddStringToObject(o, "name", name) &&
                    cJSON_AddStringToObject(o, "run_name", record->name) &&
                    cJSON_AddStringToObject(o, "run_type", "aggregate") &&
                    cJSON_AddStringToObject(o, "aggregate_name", "median") &&
                    cJSON_AddStringToObject(o, "aggregate_unit", "time") &&
                    cJSON_AddNumberToObject(o, "repetitions", 1) &&
                    cJSON_AddNumberToObject(o, "threads", (double)record->threads) &&
                    cJSON_AddNumberToObject(o, "iterations", (double)record->latency.iterations) &&
                    cJSON_AddNumberToObject(o, "real_time", record->latency.median_ns) &&
                    cJSON_AddNumberToObject(o, "cpu_time", isfinite(cpu) ? cpu : 0) &&
                    cJSON_AddStringToObject(o, "time_unit", "ns");
    if (!ok) {
        cJSON_Delete(o);
        return NULL;
    }
    return o;
}

/* Prints before, the tree on one line, and deletes the tree (NULL: no memory). */
static edy_status print_tree(FILE *stream, const char *before, cJSON *tree, edy_error *err) {
    char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;
    cJSON_Delete(tree);
    if (!text)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to print JSON");
    const bool failed = fputs(before, stream) < 0 || fputs(text, stream) < 0;
    free(text);
    if (failed)
        return edy_fail(err, EDY_IO, "cannot write JSON: %s", strerror(errno));
    return EDY_OK;
}

static edy_status print_records(const edy_results *results, bool measured, FILE *stream,
                                edy_error *err) {
    const char *before = "\n";
    edy_status status = EDY_OK;
    for (size_t i = 0; i < results->n && !status; i++) {
        const edy_record *record = &results->records[i];
        if (edy_record_has_latency(record) != measured)
            continue;
        status = print_tree(stream, before, edy_record_to_json(record), err);
        before = ",\n";
        if (!status && measured)
            status = print_tree(stream, before, median_aggregate(record), err);
    }
    return status;
}

edy_status edy_results_print_json(const edy_results *results, FILE *stream, edy_error *err) {
    edy_status status =
        print_tree(stream, "{\n\"context\": ", edy_context_to_json(&results->context), err);
    if (!status) {
        fprintf(stream, ",\n\"complete\": %s,\n\"benchmarks\": [",
                results->complete ? "true" : "false");
        status = print_records(results, true, stream, err);
    }
    if (!status) {
        fputs("\n],\n\"unmeasured\": [", stream);
        status = print_records(results, false, stream, err);
    }
    if (!status && (fputs("\n]\n}\n", stream) < 0 || fflush(stream) != 0 || ferror(stream)))
        status = edy_fail(err, EDY_IO, "cannot write JSON: %s", strerror(errno));
    return status;
}

edy_status edy_results_write_json(const edy_results *results, const char *path, edy_error *err) {
    const size_t bytes = strlen(path) + 8;
    char *temporary = malloc(bytes);
    if (!temporary)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the path %s", path);
    snprintf(temporary, bytes, "%s.tmp", path);
    FILE *stream = fopen(temporary, "w");
    edy_status status = EDY_OK;
    if (!stream) {
        status = edy_fail(err, EDY_IO, "cannot create %s: %s", temporary, strerror(errno));
        goto done;
    }
    status = edy_results_print_json(results, stream, err);
    const bool synced = fsync(fileno(stream)) == 0;
    const bool closed = fclose(stream) == 0;
    if (!status && (!synced || !closed || rename(temporary, path) != 0))
        status = edy_fail(err, EDY_IO, "cannot write %s: %s", path, strerror(errno));
    if (status)
        unlink(temporary);
done:
    free(temporary);
    return status;
}

/* ---- results.jsonl -------------------------------------------------------------------------- */

struct edy_journal {
    int fd;
    char path[]; /* for messages */
};

static edy_status write_all(const edy_journal *journal, const char *text, size_t bytes,
                            edy_error *err) {
    while (bytes > 0) {
        const ssize_t n = write(journal->fd, text, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return edy_fail(err, EDY_IO, "cannot write %s: %s", journal->path, strerror(errno));
        text += n;
        bytes -= (size_t)n;
    }
    if (fsync(journal->fd) != 0 && errno != EINVAL) /* EINVAL: a pipe or device has no disk */
        return edy_fail(err, EDY_IO, "cannot sync %s: %s", journal->path, strerror(errno));
    return EDY_OK;
}

/* One line, in one write where the system takes it whole. Deletes the tree. */
static edy_status append_tree(const edy_journal *journal, cJSON *tree, edy_error *err) {
    char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;
    cJSON_Delete(tree);
    if (!text)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to print JSON");
    const size_t length = strlen(text);
    text[length] = '\n'; /* in place of the NUL: bytes are counted */
    const edy_status status = write_all(journal, text, length + 1, err);
    free(text);
    return status;
}

edy_status edy_journal_open(const char *path, const edy_context *context, edy_journal **journal,
                            edy_error *err) {
    const size_t bytes = strlen(path) + 1;
    edy_journal *j = malloc(sizeof *j + bytes);
    *journal = NULL;
    if (!j)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the journal %s", path);
    memcpy(j->path, path, bytes);
    j->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    edy_status status = EDY_OK;
    if (j->fd < 0) {
        status = edy_fail(err, EDY_IO, "cannot create %s: %s", path, strerror(errno));
        goto fail;
    }
    cJSON *line = cJSON_CreateObject(), *inner = edy_context_to_json(context);
    if (line && inner && cJSON_AddItemToObject(line, "context", inner)) {
        status = append_tree(j, line, err);
    } else {
        cJSON_Delete(line);
        cJSON_Delete(inner);
        status = edy_fail(err, EDY_NO_MEMORY, "no memory to print JSON");
    }
    if (status)
        goto fail;
    *journal = j;
    return EDY_OK;
fail:
    if (j->fd >= 0)
        close(j->fd);
    free(j);
    return status;
}

edy_status edy_journal_append(edy_journal *journal, const edy_record *record, edy_error *err) {
    return append_tree(journal, edy_record_to_json(record), err);
}

edy_status edy_journal_close(edy_journal *journal, bool complete, edy_error *err) {
    if (!journal)
        return EDY_OK;
    static const char last[] = "{\"complete\":true}\n";
    edy_status status = EDY_OK;
    if (complete)
        status = write_all(journal, last, sizeof last - 1, err);
    if (close(journal->fd) != 0 && !status)
        status = edy_fail(err, EDY_IO, "cannot close %s: %s", journal->path, strerror(errno));
    free(journal);
    return status;
}
