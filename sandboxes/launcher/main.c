/* launcher ZYGOTE PID ZYGOTE PID FILTER COMPANY PYTHON: serve the slot. launcher check: can it, here? */
#include "launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int is_well(pid_t pid)
{
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Enter the box of another process, as the zygote does, and have a child there. */
static void enter(pid_t pid)
{
    int box = (int)syscall(SYS_pidfd_open, pid, 0);
    if (box < 0 || setns(box, CLONE_NEWPID))
        _exit(1);
    pid_t inner = fork();
    if (inner == 0)
        _exit(!!setns(box, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) || chdir("/work"));
    _exit(!is_well(inner));
}

/* Try what every job needs; the exit code tells. */
static int check(void)
{
    struct request asked = {.disk_bytes = 1 << 20, .inodes = 64};
    char detail[256];
    int ready[2];
    char byte;
    if (pipe2(ready, O_CLOEXEC))
        return 1;
    pid_t box = (pid_t)syscall(SYS_clone, BOX | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);
    if (box == 0) {
        if (furnish(&asked, -1, detail, sizeof detail)) {
            dprintf(2, "%s\n", detail);
            _exit(1);
        }
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        pause();
    }
    close(ready[1]);
    if (box < 0 || read(ready[0], &byte, 1) != 1)
        return 1;
    pid_t other = fork();
    if (other == 0)
        enter(box);
    int good = is_well(other);
    kill(box, SIGKILL);
    waitpid(box, NULL, 0);
    return !good;
}

static void read_filter(struct slot *slot, int file)
{
    struct stat about;
    if (fstat(file, &about))
        die("filter");
    slot->filter_size = (size_t)about.st_size;
    slot->filter = malloc(slot->filter_size + 1);
    if (!slot->filter || read(file, slot->filter, slot->filter_size) != about.st_size)
        die("filter");
    close(file);
}

int main(int count, char **words)
{
    if (count == 2 && !strcmp(words[1], "check"))
        return check();
    if (count != 8) {
        dprintf(2, "usage: launcher ZYGOTE PID ZYGOTE PID FILTER COMPANY PYTHON\n");
        return 2;
    }
    struct slot slot = {.zygote = atoi(words[1]), .second = atoi(words[3]), .second_pid = words[4],
                        .company = (unsigned)atoi(words[6]), .python = words[7]};
    slot.zygote_kb = resident_kb(words[2]);
    read_filter(&slot, atoi(words[5]));
    fcntl(slot.zygote, F_SETFD, FD_CLOEXEC), fcntl(slot.second, F_SETFD, FD_CLOEXEC);
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    sigprocmask(SIG_BLOCK, &deaths, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    lower_for_good();
    share_trouble();
    slot.networks = start_networks();
    slot.company += slot.networks >= 0;
    for (;;) {
        uint32_t size;
        take(&size, sizeof size);
        char *frame = malloc(size);
        if (!frame)
            die("malloc");
        take(frame, size);
        serve(&slot, frame, size);
        free(frame);
    }
}
