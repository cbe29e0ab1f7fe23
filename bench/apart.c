/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name;
} deadly[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
              {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"}, {SIGALRM, "SIGALRM"},
              {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"},
              {SIGSYS, "SIGSYS"}};

const char *edy_signal_text(int number, char text[32]) {
    snprintf(text, 32, "signal %d", number);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        if (deadly[i].number == number)
            snprintf(text, 32, "%s", deadly[i].name);
    return text;
}

static bool write_all(int fd, const void *data, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        const ssize_t n = write(fd, (const char *)data + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool read_all(int fd, void *data, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        const ssize_t n = read(fd, (char *)data + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* A fault must end the child, whatever handlers the program has. */
static void let_die(unsigned seconds) {
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        if (deadly[i].number != SIGKILL)
            signal(deadly[i].number, SIG_DFL);
    alarm(seconds);
}

static void describe(int status, unsigned seconds, char death[EDY_DEATH_TEXT]) {
    char name[32];
    if (!WIFSIGNALED(status))
        snprintf(death, EDY_DEATH_TEXT, "ended early with exit code %d", WEXITSTATUS(status));
    else if (WTERMSIG(status) == SIGALRM && seconds)
        snprintf(death, EDY_DEATH_TEXT, "took more than %u s (SIGALRM)", seconds);
    else
        snprintf(death, EDY_DEATH_TEXT, "died of %s (%s)", edy_signal_text(WTERMSIG(status), name),
                 strsignal(WTERMSIG(status)));
}

edy_apart_end edy_apart_run(void (*work)(void *context, void *result), void *context, void *result,
                            size_t bytes, unsigned seconds, char death[EDY_DEATH_TEXT]) {
    int fd[2];
    void *got = malloc(bytes ? bytes : 1);
    fflush(NULL);
    if (!got || pipe(fd) != 0) {
        free(got);
        snprintf(death, EDY_DEATH_TEXT, "no pipe to a child process");
        return EDY_APART_UNABLE;
    }
    const pid_t pid = fork();
    if (pid == 0) {
        free(got);
        close(fd[0]);
        let_die(seconds);
        work(context, result);
        _exit(write_all(fd[1], result, bytes) ? 0 : 1);
    }
    if (pid < 0)
        snprintf(death, EDY_DEATH_TEXT, "no child process: %s", strerror(errno));
    close(fd[1]);
    const bool complete = pid > 0 && read_all(fd[0], got, bytes);
    close(fd[0]);
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (complete)
        memcpy(result, got, bytes);
    else if (pid > 0)
        describe(status, seconds, death);
    free(got);
    return complete ? EDY_APART_DONE : pid > 0 ? EDY_APART_DIED : EDY_APART_UNABLE;
}
