/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const char line_format[] = "peak-rss base %lld peak %lld\n";

int64_t edy_peak_rss_bytes(void) {
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long long kib = -1;
    if (!f)
        return -1;
    while (kib < 0 && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %lld kB", &kib) != 1)
            kib = -1;
    fclose(f);
    return kib < 0 ? -1 : (int64_t)kib * 1024;
}

void edy_peak_rss_print(int64_t base, int64_t peak) {
    printf(line_format, (long long)base, (long long)peak);
}

static double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The child's output up to size - 1 bytes, until it closes it; false when the time is over. */
static bool read_output(int fd, double seconds, char *text, size_t size) {
    const double end = now_seconds() + seconds;
    size_t n = 0;
    text[0] = '\0';
    for (;;) {
        const double left = end - now_seconds();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        const int ready = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        char rest[256];
        const bool room = n < size - 1;
        const ssize_t got = read(fd, room ? text + n : rest, room ? size - 1 - n : sizeof rest);
        if (got <= 0)
            return got == 0;
        if (room)
            text[n += (size_t)got] = '\0';
    }
}

static int spawn(const char *const *argv, int out, pid_t *child) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!error)
        error = posix_spawn(child, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

edy_status edy_peak_rss_of(const char *const *argv, double seconds, int64_t *base, int64_t *peak,
                           edy_error *err) {
    int fds[2];
    pid_t child = -1;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return edy_fail(err, EDY_IO, "cannot make a pipe: %s", strerror(errno));
    const int error = spawn(argv, fds[1], &child);
    close(fds[1]);
    if (error) {
        close(fds[0]);
        return edy_fail(err, EDY_IO, "cannot start %s: %s", argv[0], strerror(error));
    }
    char text[256];
    const bool in_time = read_output(fds[0], seconds, text, sizeof text);
    close(fds[0]);
    if (!in_time)
        kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!in_time)
        return edy_fail(err, EDY_IO, "the process that measures memory took longer than %g s",
                        seconds);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) /* how an exec that failed ends, too */
        return edy_fail(err, EDY_IO, "cannot start %s: it ended with code 127", argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return edy_fail(err, EDY_IO, "the process that measures memory ended with %s %d",
                        WIFEXITED(status) ? "code" : "signal",
                        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    long long b = -1, p = -1;
    if (sscanf(text, line_format, &b, &p) != 2 || b < 0 || p < b)
        return edy_fail(err, EDY_IO, "the process that measures memory printed no figure");
    *base = b;
    *peak = p;
    return EDY_OK;
}
