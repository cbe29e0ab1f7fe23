/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The verdicts a judged case can have. One list for conform, run and the reports. */
#ifndef EDY_VERDICT_H
#define EDY_VERDICT_H

/* X(name, text, meaning). Only PASS counts as passed; the denominator is always all of them. */
#define EDY_VERDICT_MAP(X)                                                                         \
    X(NONE, "NONE", "not judged")                                                                  \
    X(PASS, "PASS", "right, by something independent of the engine")                               \
    X(FAIL, "FAIL", "wrong output")                                                                \
    X(UNSUPPORTED, "UNSUPPORTED", "outside the published profile")                                 \
    X(CRASH, "CRASH", "the process that ran it died")                                              \
    X(SKIP, "SKIP", "not run, for the reason given")                                               \
    X(MISTRUSTED, "MISTRUSTED", "nothing independent to compare with, or an unhealthy oracle")

typedef enum edy_verdict {
#define EDY_VERDICT_ENUM(name, text, meaning) EDY_VERDICT_##name,
    EDY_VERDICT_MAP(EDY_VERDICT_ENUM)
#undef EDY_VERDICT_ENUM
        EDY_VERDICT_COUNT
} edy_verdict;

/* "PASS", ...; never NULL. */
const char *edy_verdict_text(edy_verdict verdict);

/* The verdict named by text, or EDY_VERDICT_COUNT where there is none. */
edy_verdict edy_verdict_parse(const char *text);

#endif
