/* Pid 1 of a program's namespaces watches it, ends it, and says what it used. */
#include "launcher.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD_US 20000

struct sum {
    uint64_t kb, cpu_us;
    unsigned processes, alive;
};

static size_t read_of(const char *pid, const char *name, char *to, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? 0 : read(file, to, size - 1);
    if (file >= 0)
        close(file);
    to[got > 0 ? got : 0] = 0;
    return got > 0 ? (size_t)got : 0;
}

/* A line's number of KiB; 0 without that line. */
static uint64_t line_kb(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line ? strtoul(line + strlen(name), NULL, 10) : 0;
}

/* Resident memory in KiB, with what is shared, and the tables that the kernel keeps of it. */
uint64_t resident_kb(const char *pid)
{
    char text[4096];
    read_of(pid, "status", text, sizeof text);
    return line_kb(text, "\nVmRSS:") + line_kb(text, "\nVmPTE:");
}

/* The same, a shared page counted in equal parts by all who share it. */
static uint64_t share_kb(const char *pid)
{
    char text[4096];
    read_of(pid, "smaps_rollup", text, sizeof text);
    uint64_t kb = line_kb(text, "\nPss:");
    read_of(pid, "status", text, sizeof text);
    return kb + line_kb(text, "\nVmPTE:");
}

/* CPU time of a process and of the children that it waited for, and whether it lives. */
static void add_stat(const char *pid, struct sum *sum)
{
    char text[1024], state = 0;
    unsigned long used[4] = {0};
    if (!read_of(pid, "stat", text, sizeof text))
        return;
    char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
                        &state, &used[0], &used[1], &used[2], &used[3]) != 5)
        return;
    sum->cpu_us += (used[0] + used[1] + used[2] + used[3]) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    sum->alive += state != 'Z' && state != 'X';
}

/* Everyone in here besides pid 1. `closely` counts shared pages once. */
static struct sum look(int closely)
{
    struct sum sum = {0};
    DIR *all = opendir("/proc");
    for (struct dirent *item; all && (item = readdir(all));) {
        if (!isdigit((unsigned char)item->d_name[0]) || !strcmp(item->d_name, "1"))
            continue;
        sum.processes++;
        sum.kb += closely ? share_kb(item->d_name) : resident_kb(item->d_name);
        if (!closely)
            add_stat(item->d_name, &sum);
    }
    if (all)
        closedir(all);
    return sum;
}

static uint64_t buried_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000
        + (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* Why the program must end, if it must. The cheap sum of memory counts what forks share once per
 * process, so it is looked at more closely where it is too high. */
static uint32_t excess(const struct request *asked, uint64_t began, struct told *told, int *closely)
{
    struct sum sum = look(0);
    if ((*closely = sum.kb > asked->memory_kb && sum.processes > 1))
        sum.kb = look(1).kb;
    if (sum.kb > told->peak_kb)
        told->peak_kb = sum.kb;
    if (sum.kb > asked->memory_kb)
        return BY_MEMORY;
    if (buried_us() + sum.cpu_us >= asked->cpu_us)
        return BY_CPU;
    return now_us() - began >= asked->wall_us ? BY_CLOCK : BY_ITSELF;
}

/* Take leave of all who have died. */
static void bury(pid_t pid, struct told *told)
{
    int status;
    for (pid_t dead; (dead = waitpid(-1, &status, WNOHANG)) > 0;)
        if (dead == pid)
            told->status = status;
}

/* Kill everyone, and wait until nobody is left; the program may be the child of another. */
static void bury_all(pid_t pid, int program, struct told *told)
{
    struct pollfd ended = {.fd = program, .events = POLLIN};
    for (;;) {
        int status;
        kill(-1, SIGKILL);
        poll(&ended, 1, -1);
        pid_t dead = wait(&status);
        if (dead < 0 && errno == ECHILD)
            return;
        if (dead == pid)
            told->status = status;
    }
}

/* Watch the program `pid` until it has ended or must end; everyone in here is dead then. What its
 * wait status is, if it is not our child, the server learns. */
void watch(const struct request *asked, pid_t pid, uint64_t began, struct told *told)
{
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    struct pollfd events[2] = {
        {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
        {.fd = signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN}};
    if (events[0].fd < 0 || events[1].fd < 0)
        die("a program cannot be watched");
    for (uint64_t next = began + PERIOD_US;;) {
        uint64_t now = now_us();
        uint64_t pause = now < next ? next - now : 0;
        struct timespec left = {(time_t)(pause / 1000000), (long)(pause % 1000000) * 1000};
        ppoll(events, 2, &left, NULL);
        if (events[1].revents) {
            struct signalfd_siginfo told_of[16];
            while (read(events[1].fd, told_of, sizeof told_of) > 0)
                ;
        }
        if (events[0].revents)
            break;
        bury(pid, told);
        if ((now = now_us()) < next)
            continue;
        int closely;
        if ((told->stopped = excess(asked, began, told, &closely)))
            break;
        uint64_t cost = (closely ? 1 : 4) * (now_us() - now);   /* near the limit, soon again */
        next = now_us() + (cost > PERIOD_US ? cost : PERIOD_US);
    }
    told->wall_us = now_us() - began;
    bury(pid, told);
    if (!told->stopped) {
        struct sum left = look(0);
        told->strays = left.alive;
    }
    bury_all(pid, events[0].fd, told);
    told->cpu_us = buried_us();
}
