/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 60, EXIT_NOT_FOUND = 127, EXIT_NO_DIRECTORY = 126 };

/* In the child: only what is safe after fork. Output and complaints go to `out`. */
static void become_gnuplot(const char *directory, char *const *argv, int out) {
    const int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(out, STDERR_FILENO) < 0 || chdir(directory) != 0)
        _exit(EXIT_NO_DIRECTORY);
    signal(SIGALRM, SIG_DFL);
    alarm(LIMIT_SECONDS); /* survives exec: a hanging gnuplot ends itself */
    execvp(argv[0], argv);
    _exit(errno == ENOENT || errno == EACCES ? EXIT_NOT_FOUND : EXIT_NO_DIRECTORY);
}

/* Reads all that comes, keeps the beginning. */
static void drain(int fd, char *kept, size_t size) {
    size_t used = 0;
    for (;;) {
        char chunk[512];
        const ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        const size_t room = size - 1 - used, n = (size_t)got < room ? (size_t)got : room;
        memcpy(kept + used, chunk, n);
        used += n;
    }
    kept[used] = '\0';
}

/* The last line that says something, stripped: gnuplot repeats the command above its complaint. */
static const char *complaint(char *text) {
    const char *last = "no reason given";
    char *state = NULL;
    for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
        line += strspn(line, " \t");
        if (line[0] && line[0] != '^')
            last = line;
    }
    return last;
}

static bool judge(int status, char *said, char *reason, size_t size) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND)
        snprintf(reason, size, "gnuplot is not installed (Debian: apt-get install gnuplot-nox)");
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(reason, size, "gnuplot took longer than %d seconds", LIMIT_SECONDS);
    else if (WIFSIGNALED(status))
        snprintf(reason, size, "gnuplot was ended by signal %d", WTERMSIG(status));
    else
        snprintf(reason, size, "gnuplot failed (exit code %d): %.200s", WEXITSTATUS(status),
                 complaint(said));
    return false;
}

bool edy_gnuplot_run(const char *directory, const char *script, const char *form, char *reason,
                     size_t size) {
    char set_form[64], said[2048];
    snprintf(set_form, sizeof set_form, "FORM='%s'", form);
    char *const argv[] = {"gnuplot", "-d", "-e", set_form, (char *)script, NULL};
    int pipe_fd[2], status = 0;
    if (pipe2(pipe_fd, O_CLOEXEC) != 0) {
        snprintf(reason, size, "gnuplot cannot be started: %s", strerror(errno));
        return false;
    }
    const pid_t child = fork();
    if (child == 0)
        become_gnuplot(directory, argv, pipe_fd[1]);
    close(pipe_fd[1]);
    if (child < 0) {
        snprintf(reason, size, "gnuplot cannot be started: %s", strerror(errno));
        close(pipe_fd[0]);
        return false;
    }
    drain(pipe_fd[0], said, sizeof said);
    close(pipe_fd[0]);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) {
            snprintf(reason, size, "gnuplot was lost: %s", strerror(errno));
            return false;
        }
    return judge(status, said, reason, size);
}
