/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/block_child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct edy_block_child {
    char command[120]; /* for messages; cut */
    pid_t pid;
    int to, from;
    edy_child_facts facts;
    size_t n; /* bytes of buffer that were read and not used */
    char buffer[1024];
};

static double now_seconds(void) {
    const edy_clock clock = edy_clock_system();
    return 1e-9 * (double)edy_now_ns(&clock);
}

/* ---- Processes ------------------------------------------------------------------------------- */

/* in, out: descriptors for its stdin and stdout; -1: /dev/null. Returns errno. */
static int spawn_shell(const char *command, int in, int out, pid_t *pid) {
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t normal;
    int error = posix_spawn_file_actions_init(&files);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    sigemptyset(&normal);
    sigaddset(&normal, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &normal);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    error = in >= 0
                ? posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO)
                : posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = out >= 0 ? posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO)
                         : posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
                                                            O_WRONLY, 0);
    if (!error)
        error = posix_spawn(pid, argv[0], &files, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Sleeps until a child of this process ends, or so long. SIGCHLD is blocked here, so one that came
 * since then is not lost. */
static void sleep_until_child(const sigset_t *sigchld, double seconds) {
    const struct timespec left = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
    sigtimedwait(sigchld, NULL, &left);
}

/* Waits, asleep, until the process ends, at most so many seconds, then kills its group. False:
 * killed, or no child. */
static bool wait_for(pid_t pid, double seconds, int *status) {
    const double end = now_seconds() + seconds;
    sigset_t sigchld, before;
    pid_t got = 0;
    sigemptyset(&sigchld);
    sigaddset(&sigchld, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &sigchld, &before);
    for (;;) {
        got = waitpid(pid, status, WNOHANG);
        const double left = end - now_seconds();
        if (got == pid || (got < 0 && errno != EINTR) || left <= 0)
            break;
        sleep_until_child(&sigchld, left);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (got == 0) {
        kill(-pid, SIGKILL);
        while (waitpid(pid, status, 0) < 0 && errno == EINTR)
            ;
    }
    return got == pid;
}

static edy_status judge_end(const char *command, int status, edy_error *err) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return EDY_OK;
    return edy_fail(err, EDY_IO, "`%.150s` ended with %s %d", command,
                    WIFEXITED(status) ? "code" : "signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

edy_status edy_whole_process(const char *command, double seconds, double *ns, edy_error *err) {
    const edy_clock clock = edy_clock_system();
    pid_t pid = -1;
    int status = 0;
    const int64_t begun = edy_now_ns(&clock);
    const int error = spawn_shell(command, -1, -1, &pid);
    if (error)
        return edy_fail(err, EDY_IO, "cannot start /bin/sh: %s", strerror(error));
    const bool ended = wait_for(pid, seconds, &status);
    *ns = (double)(edy_now_ns(&clock) - begun);
    if (!ended)
        return edy_fail(err, EDY_IO, "`%.150s` took longer than %g s", command, seconds);
    return judge_end(command, status, err);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Why the child went silent. */
static edy_status gone(edy_block_child *c, const char *before, edy_error *err) {
    int status = 0;
    close(c->to);
    c->to = -1;
    const bool ended = wait_for(c->pid, 2, &status);
    c->pid = -1;
    if (!ended)
        return edy_fail(err, EDY_IO, "`%s` closed its stdout before %s", c->command, before);
    return edy_fail(err, EDY_IO, "`%s` ended with %s %d before %s", c->command,
                    WIFEXITED(status) ? "code" : "signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), before);
}

/* The next line of the child, without its end. `awaited`: what is being waited for. */
static edy_status read_line(edy_block_child *c, double seconds, const char *awaited, char *line,
                            size_t size, edy_error *err) {
    const double end = now_seconds() + seconds;
    for (;;) {
        char *newline = memchr(c->buffer, '\n', c->n);
        if (newline) {
            const size_t length = (size_t)(newline - c->buffer);
            snprintf(line, size, "%.*s", (int)length, c->buffer);
            c->n -= length + 1;
            memmove(c->buffer, newline + 1, c->n);
            return EDY_OK;
        }
        if (c->n == sizeof c->buffer)
            return edy_fail(err, EDY_BAD_FILE, "`%s` printed a line of more than %zu bytes",
                            c->command, sizeof c->buffer);
        const double left = end - now_seconds();
        struct pollfd p = {.fd = c->from, .events = POLLIN};
        const int ready = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return edy_fail(err, EDY_IO, "`%s` said nothing for %g s; %s was awaited", c->command,
                            seconds, awaited);
        const ssize_t got = read(c->from, c->buffer + c->n, sizeof c->buffer - c->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return gone(c, awaited, err);
        c->n += (size_t)got;
    }
}

static edy_status not_protocol(const edy_block_child *c, const char *wanted, const char *line,
                               edy_error *err) {
    char shown[80];
    snprintf(shown, sizeof shown, "%.79s", line);
    for (char *s = shown; *s; s++)
        if ((unsigned char)*s < ' ')
            *s = ' ';
    return edy_fail(err, EDY_BAD_FILE, "`%s` printed \"%s\" where \"%s\" was awaited", c->command,
                    shown, wanted);
}

double edy_child_fact(const edy_child_facts *facts, const char *key) {
    for (size_t i = 0; i < facts->n; i++)
        if (strcmp(facts->fact[i].key, key) == 0)
            return facts->fact[i].value;
    return NAN;
}

/* KEY=NUMBER at `word` [length]; false where it is something else. */
static bool read_fact(const char *word, size_t length, edy_child_facts *facts) {
    edy_peer_fact fact = {.value = NAN};
    const char *equals = memchr(word, '=', length);
    if (!equals || equals == word || (size_t)(equals - word) >= sizeof fact.key)
        return false;
    memcpy(fact.key, word, (size_t)(equals - word));
    char *end = NULL;
    fact.value = strtod(equals + 1, &end);
    if (end == equals + 1 || end != word + length || !isfinite(fact.value))
        return false;
    if (facts->n < EDY_PEER_FACTS)
        facts->fact[facts->n++] = fact;
    return true;
}

/* "ready KEY=NUMBER ... name=TEXT" */
static bool read_ready(const char *line, edy_child_facts *facts) {
    if (strncmp(line, "ready", 5) != 0 || (line[5] != '\0' && line[5] != ' '))
        return false;
    for (const char *at = line + 5; *(at += strspn(at, " "));) {
        const size_t length = strcspn(at, " ");
        if (strncmp(at, "name=", 5) == 0) {
            snprintf(facts->name, sizeof facts->name, "%s", at + 5);
            return true;
        }
        if (!read_fact(at, length, facts))
            return false;
        at += length;
    }
    return true;
}

/* ---- The child ------------------------------------------------------------------------------- */

static edy_status start_process(edy_block_child *c, const char *command, edy_error *err) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0)
        return edy_fail(err, EDY_IO, "cannot make a pipe: %s", strerror(errno));
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return edy_fail(err, EDY_IO, "cannot make a pipe: %s", strerror(errno));
    }
    const int error = spawn_shell(command, in[0], out[1], &c->pid);
    close(in[0]);
    close(out[1]);
    c->to = in[1];
    c->from = out[0];
    if (!error)
        return EDY_OK;
    c->pid = -1;
    return edy_fail(err, EDY_IO, "cannot start /bin/sh: %s", strerror(error));
}

edy_status edy_block_child_start(const char *command, double seconds, edy_block_child **child,
                                 edy_error *err) {
    char line[sizeof(((edy_block_child *)0)->buffer)];
    edy_block_child *c = calloc(1, sizeof *c);
    if (!c)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for a child");
    c->to = c->from = -1;
    c->pid = -1;
    snprintf(c->command, sizeof c->command, "%s", command);
    signal(SIGPIPE, SIG_IGN); /* a child that is gone is an error, not the end of this program */
    edy_status st = start_process(c, command, err);
    st = st ? st : read_line(c, seconds, "its ready line", line, sizeof line, err);
    if (!st && !read_ready(line, &c->facts))
        st = not_protocol(c, "ready [KEY=NUMBER ...] [name=TEXT]", line, err);
    if (st)
        goto fail;
    *child = c;
    return EDY_OK;
fail:
    edy_block_child_kill(c);
    return st;
}

const edy_child_facts *edy_block_child_facts(const edy_block_child *child) {
    return &child->facts;
}

edy_status edy_block_child_go(edy_block_child *c, int64_t block_ns, double seconds, double *ns,
                              int64_t *count, edy_error *err) {
    char line[sizeof c->buffer];
    const int n = snprintf(line, sizeof line, "go %" PRId64 "\n", block_ns);
    if (write(c->to, line, (size_t)n) != n)
        return gone(c, "a block", err);
    edy_status st = read_line(c, seconds, "the end of a block", line, sizeof line, err);
    if (st)
        return st;
    int used = 0;
    if (sscanf(line, "ns %lf %" SCNd64 "%n", ns, count, &used) != 2 ||
        (size_t)used != strlen(line) || !isfinite(*ns) || *ns <= 0 || *count < 1)
        return not_protocol(c, "ns TIME COUNT", line, err);
    return EDY_OK;
}

static void free_child(edy_block_child *c) {
    if (c->to >= 0)
        close(c->to);
    if (c->from >= 0)
        close(c->from);
    free(c);
}

edy_status edy_block_child_end(edy_block_child *c, double seconds, edy_error *err) {
    edy_status st = EDY_OK;
    int status = 0;
    if (!c)
        return EDY_OK;
    close(c->to);
    c->to = -1;
    if (c->pid > 0 && !wait_for(c->pid, seconds, &status))
        st = edy_fail(err, EDY_IO, "`%s` does not end when its stdin does", c->command);
    else if (c->pid > 0)
        st = judge_end(c->command, status, err);
    free_child(c);
    return st;
}

void edy_block_child_kill(edy_block_child *c) {
    if (!c)
        return;
    if (c->pid > 0) {
        int status;
        kill(-c->pid, SIGKILL);
        while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    free_child(c);
}
