/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What every report says about a results document: order of the cases, what may be shown of each,
 * the closing verdict, the doubts gathered, the machine in a line. Writers lay out; they do not
 * decide. */
#ifndef EDY_VIEW_H
#define EDY_VIEW_H

#include "bench/record.h"
#include "reports/text.h"

/* Doubts of one code, gathered over the run and its cases. */
typedef struct edy_doubt_group {
    const char *code, *text; /* as the first one says it */
    const edy_record *first; /* the first case that has it; NULL: the run has it, no case */
    size_t cases;            /* how many have it */
    bool of_run;             /* the run as a whole has it */
    char mark[4]; /* "a", "b", ... "z", "aa": stands in tables; "" where no case has it */
} edy_doubt_group;

/* Cases that are not PASS, of one verdict and one reason. */
typedef struct edy_reason_group {
    edy_verdict verdict;
    const char *reason; /* "" where none was recorded */
    const edy_record *first;
    size_t cases;
} edy_reason_group;

enum { EDY_VIEW_MAX_GROUPS = 200 /* of doubts; of reasons */ };

typedef struct edy_view {
    const edy_results *results;
    const edy_record **record; /* [n] by workload, variant, backend (each as it first appeared),
                                  threads, batch */
    size_t n;
    size_t verdict_count[EDY_VERDICT_COUNT];
    edy_doubt_group *doubt; /* [n_doubts] those of most cases first */
    size_t n_doubts;
    edy_reason_group *reason; /* [n_reasons] worst verdicts first */
    size_t n_reasons;
    size_t left_out; /* cases whose doubt or reason is in no group, because there are too many */
} edy_view;

/* results must outlive the view. EDY_NO_MEMORY. */
edy_status edy_view_create(const edy_results *results, edy_view **view, edy_error *err);
void edy_view_destroy(edy_view *view); /* NULL is allowed */

/* May this case's times be printed? Never of a wrong or missing output, never under emulation. */
bool edy_view_timed(const edy_view *view, const edy_record *record);
/* Timed, and with at least one sample kept. */
bool edy_view_sampled(const edy_view *view, const edy_record *record);
/* Accuracy that may be printed: measured, and not of a failed or missing case. */
bool edy_view_accurate(const edy_record *record);

typedef enum edy_tone { EDY_TONE_GOOD, EDY_TONE_MIXED, EDY_TONE_BAD } edy_tone;

/* GOOD: all PASS and the run complete. BAD: a wrong output, a crash, or nothing ran. */
edy_tone edy_view_tone(const edy_view *view);
edy_tone edy_verdict_tone(edy_verdict verdict);
/* "22 of 24 cases right; 1 wrong, 1 unsupported." Always with the denominator. */
void edy_view_verdict_line(const edy_view *view, char *out, size_t size);

/* Fastest case per image of a workload among those judged right, else among those that nothing
 * independent judged; NULL where none is timed. */
const edy_record *edy_view_fastest(const edy_view *view, const char *workload);
/* Time of one image: median / batch. NAN where the case is not timed. */
double edy_view_image_ns(const edy_view *view, const edy_record *record);

/* Marks of a case's doubts, "ac" (where there are more than letters: "a,ab"); "" for none. */
void edy_view_marks(const edy_view *view, const edy_record *record, char *out, size_t size);

/* "resnet8/int8/avx2/threads:1, and 3 more" */
void edy_cases_text(const edy_record *first, size_t cases, char *out, size_t size);

/* Kinds of sample in the timed cases; for "percentiles are of means of n". */
bool edy_view_has_means(const edy_view *view);

/* 95 % interval of accuracy by Wilson's score (1927). NAN where n is 0. */
void edy_view_accuracy_interval(const edy_accuracy *accuracy, double *low, double *high);

/* "AMD EPYC 7763, 2 cores (4 CPUs), 23.4 GiB, Linux 6.1.0 x86_64, kvm, governor performance" */
void edy_machine_line(const edy_context *context, char *out, size_t size);
/* "edyno 0.1.0 (1a2b3c4), GNU 12.2.0, Release" */
void edy_build_line(const edy_context *context, char *out, size_t size);
/* "Times are of one inference; clock overhead 21 ns, ..."; explains the star that writers put
 * behind percentiles of means. */
void edy_instrument_line(const edy_view *view, edy_charset charset, char *out, size_t size);
/* "Top-1 is of 10,000 images of fashion-mnist:test: ..."; "" where none was measured. */
void edy_accuracy_line(const edy_view *view, char *out, size_t size);

/* Colour of a backend in plots and pages: index into eight colours, the same in every report. */
int edy_backend_color(const char *backend);

#endif
