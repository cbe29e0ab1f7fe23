/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The gates can fail: faults put in on purpose, each of which must be caught by the gate that
 * claims to catch it.
 *
 * A gate is the product's own code: a judge, a reader, an exit code. Each fault is tried twice, by
 * the same function: first unharmed, which the gate must let pass, then harmed, at which it must
 * fire and say why. Caught is only what passes both: a gate that fires always, fires for another
 * reason (`sign`), or cannot be asked at all is a MISSED one. */
#ifndef EDY_SELFTEST_H
#define EDY_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a gate did. */
typedef struct edy_gate_answer {
    bool fired;
    char says[600];    /* the gate's own sentence; "" where it was quiet */
    char trouble[400]; /* why the gate could not be asked; "" where it could */
} edy_gate_answer;

void edy_gate_fires(edy_gate_answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void edy_gate_trouble(edy_gate_answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

typedef struct edy_fault edy_fault;
struct edy_fault {
    const char *name; /* "swapped-channels" */
    const char *gate; /* "kernel walk" */
    const char *sign; /* words that the gate's sentence must have */
    /* Asks the gate, with the fault in place or (harmed false) without. folder: an empty one, for
     * files; one for each call. */
    void (*ask)(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer);
    int kind;         /* for `ask`, where it serves several faults */
    const void *with; /* the same */
};

/* Tables, each ended by a NULL name: one faults_*.c a kind of gate. */
extern const edy_fault edy_faults_walk_f32[], edy_faults_walk_s8[], edy_faults_judge[],
    edy_faults_conform[], edy_faults_golden[], edy_faults_exit[], edy_faults_compare[],
    edy_faults_results[];

size_t edy_fault_count(void);
const edy_fault *edy_fault_at(size_t index); /* NULL from edy_fault_count() on */
/* NULL where there is none of this name. */
const edy_fault *edy_fault_find(const char *name);

typedef struct edy_fault_result {
    const edy_fault *fault;
    bool caught;
    char text[700]; /* the gate's sentence, or why the fault counts as missed */
} edy_fault_result;

/* Tries one fault in a folder of its own below the system's temporary one, which is removed. */
edy_fault_result edy_fault_try(const edy_fault *fault);

/* 80 columns: fault, gate, caught or MISSED; the sentence below. */
void edy_fault_print_heading(FILE *out);
void edy_fault_print(const edy_fault_result *result, FILE *out);

/* ---- For faults_*.c -------------------------------------------------------------------------- */

/* "folder/name" into text. */
enum { EDY_FAULT_PATH = 512 };
const char *edy_fault_path(const char *folder, const char *name, char text[EDY_FAULT_PATH]);
/* A whole file; trouble where it cannot be written. */
bool edy_fault_write(edy_gate_answer *answer, const char *path, const void *data, size_t bytes);

#endif
