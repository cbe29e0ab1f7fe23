/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Status codes of the library, and the message that goes with one.
 *
 * Every function that can fail returns edy_status and takes an edy_error * as its last argument.
 * The library never prints and never aborts on input: it fills the message and returns. */
#ifndef EDY_STATUS_H
#define EDY_STATUS_H

#include <stdarg.h>

/* X(name, text): the one list of codes. */
#define EDY_STATUS_MAP(X)                                                                          \
    X(OK, "ok")                                                                                    \
    X(BAD_ARGUMENT, "bad argument")               /* the caller broke a documented rule */         \
    X(BAD_FILE, "bad file")                       /* malformed or hostile content */               \
    X(IO, "input/output error")                   /* open, read, write failed */                   \
    X(UNSUPPORTED, "unsupported")                 /* valid, but outside what edyno computes */     \
    X(UNSUPPORTED_HARDWARE, "unsupported by CPU") /* backend exists, this CPU lacks its ISA */     \
    X(LIMIT, "over a limit")                      /* a size limit option refused it */             \
    X(NO_MEMORY, "out of memory")

typedef enum edy_status {
#define EDY_STATUS_ENUM(name, text) EDY_##name,
    EDY_STATUS_MAP(EDY_STATUS_ENUM)
#undef EDY_STATUS_ENUM
} edy_status;

/* One sentence, no newline, naming file, field and value where there are any. Owned by the caller;
 * valid only after a call that returned something other than EDY_OK. */
typedef struct edy_error {
    edy_status code;
    char message[400];
} edy_error;

/* Short text for a code; never NULL. */
const char *edy_status_text(edy_status code);

/* Fills *err (which may be NULL) from a printf format and returns code. */
edy_status edy_fail(edy_error *err, edy_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
