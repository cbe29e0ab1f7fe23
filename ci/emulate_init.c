/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The first program of the machine that ci/emulate_avx512.sh emulates: runs the program named by
 * its arguments, writes "EXIT <code>" to the first serial port and switches the machine off. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int run(char *const argv[]) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Bochs ends when it reads this word at this port. */
static void switch_off(void) {
    if (iopl(3) != 0)
        return;
    for (const char *c = "Shutdown"; *c; c++)
        outb((unsigned char)*c, 0x8900);
}

int main(int argc, char *argv[]) {
    static const char *const mounts[][2] = {
        {"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"tmpfs", "/tmp"}};
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        mkdir(mounts[i][1], 0755);
        mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, "");
    }
    const int serial = open("/dev/ttyS0", O_RDWR);
    for (int fd = 0; fd <= 2; fd++)
        dup2(serial, fd);
    printf("BEGIN\n");
    fflush(stdout);
    printf("EXIT %d\n", argc > 1 ? run(argv + 1) : 127);
    fflush(stdout);
    tcdrain(1);
    usleep(200000);
    switch_off();
    for (;;)
        pause();
}
