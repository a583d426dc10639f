/* Outside the box: reads jobs, has them run, collects what they write, answers. */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE (1 << 16)
#define LATE_US 3000000

/* What a program writes, and as much of it as may be kept. */
struct stream {
    int end;
    char *bytes;
    size_t size, room;
};

struct answer {
    uint32_t state;
    int32_t status;
    uint32_t stopped, strays;
    uint64_t cpu_us, wall_us, peak_kb;
    uint32_t warm;
} __attribute__((packed));

/* One job under way: the launcher's end and ours of what they say, and who runs. */
struct run {
    struct slot *slot;
    const struct job *job;
    struct ends ends;                                   /* lent to the program */
    int line, theirs;                                   /* to the launcher; its end */
    int outbox;                                         /* where outputs are collected; or -1 */
    int network;                                        /* a namespace that was made ahead; or -1 */
    pid_t launcher, program;                            /* the program's pid if it is our child */
    struct stream streams[3];
    struct told told;
    int has_told, has_lent;
};

static void report(int line, struct told *told)
{
    send(line, told, sizeof *told, MSG_NOSIGNAL);
    _exit(0);
}

static void refuse(int line, struct told *told, uint32_t state, const char *reason)
{
    told->state = state;
    snprintf(told->reason, sizeof told->reason, "%s", reason);
    report(line, told);
}

/* Be pid 1 of a box: build it, start the program or let the zygote's in, watch it. */
static void launch(struct run *run)
{
    const struct job *job = run->job;
    struct told *told = &run->told;
    int line = run->theirs;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (furnish(&job->asked, run->network, told->detail, sizeof told->detail))
        refuse(line, told, LOST, "box");
    if (write_files(job->files, told->detail, sizeof told->detail))
        refuse(line, told, REFUSED, "bad-files");
    const char *path = resolve(job, run->slot);
    if (!path) {
        snprintf(told->detail, sizeof told->detail, "the sandbox has no program '%s'", job->command[0]);
        refuse(line, told, REFUSED, "no-command");
    }
    uint64_t began = now_us();
    pid_t pid = 2;                                      /* the first whom the zygote lets in */
    char go;
    if (job->asked.flags & WARM) {
        send(line, "", 1, MSG_NOSIGNAL);
        if (recv(line, &go, 1, 0) != 1)
            _exit(1);
    } else if ((pid = fork()) == 0)
        become(job, run->slot, &run->ends, path);
    if (pid < 0)
        die("fork");
    close(run->ends.output), close(run->ends.errors), close(run->ends.input);
    if (run->ends.report >= 0)
        close(run->ends.report);
    watch(&job->asked, pid, began, told);
    if (*trouble()) {
        snprintf(told->detail, sizeof told->detail, "%s", trouble());
        refuse(line, told, LOST, "program");
    }
    if (run->outbox >= 0 && collect(job->outputs, run->outbox))
        refuse(line, told, LOST, "collect");
    report(line, told);
}

/* Ask a zygote for a process, and lend it descriptors. Returns its pid, or an error less than 0. */
static int32_t ask(int zygote, const int *lent, unsigned count)
{
    int32_t born;
    if (send_ends(zygote, "fork", lent, count) || recv(zygote, &born, sizeof born, 0) != sizeof born)
        die("the zygote is gone");
    return born;
}

/* Have a zygote put a program into the launcher's box; it will be our child. */
static void let_in(struct run *run)
{
    const struct job *job = run->job;
    struct slot *slot = run->slot;
    int zygote = job->asked.flags & PACKAGE ? slot->second : slot->zygote;
    size_t size = sizeof job->asked + job->opening_size;
    char *opening = malloc(size);
    if (!opening)
        die("malloc");
    memcpy(opening, &job->asked, sizeof job->asked);
    memcpy(opening + sizeof job->asked, job->opening, job->opening_size);
    int lent[] = {(int)syscall(SYS_pidfd_open, run->launcher, 0), sealed("job", opening, size),
                  run->ends.input, run->ends.output, run->ends.errors, run->ends.report};
    unsigned count = run->ends.report < 0 ? 5 : 6;
    free(opening);
    int32_t born = ask(zygote, lent, count);
    close(lent[0]), close(lent[1]);
    if (zygote == slot->second && !slot->second_kb)     /* it has loaded what it is for by now */
        slot->second_kb = resident_kb(slot->second_pid);
    run->program = born;
    if (born > 0)
        send(run->line, "", 1, MSG_NOSIGNAL);
    else
        kill(run->launcher, SIGKILL);
}

static void open_streams(struct run *run)
{
    int pair[2], *lent[] = {&run->ends.output, &run->ends.errors, &run->ends.report};
    unsigned count = run->job->asked.flags & REPORT ? 3 : 2;
    for (unsigned n = 0; n < 3; n++) {
        run->streams[n] = (struct stream){.end = -1};
        *lent[n] = -1;
        if (n >= count)
            continue;
        if (pipe2(pair, O_CLOEXEC))
            die("pipe");
        run->streams[n].end = pair[0];
        *lent[n] = pair[1];
    }
    run->ends.input = sealed("input", run->job->input, run->job->input_size);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        die("socketpair");
    run->line = pair[0], run->theirs = pair[1];
    run->has_lent = 1;
    const char *outputs = run->job->outputs;
    run->outbox = take_number(&outputs) ? memfd_create("outputs", MFD_CLOEXEC) : -1;
}

/* The program's ends are the program's alone: else what it writes would never end. */
static void close_lent(struct run *run)
{
    int lent[] = {run->ends.input, run->ends.output, run->ends.errors, run->ends.report, run->theirs};
    for (unsigned n = 0; n < 5 && run->has_lent; n++)
        if (lent[n] >= 0)
            close(lent[n]);
    run->has_lent = 0;
}

/* Read from a stream. Returns whether it has more than it may; `keep` says to keep what is read. */
static int read_stream(struct stream *stream, uint64_t most, int keep)
{
    static char piece[PIECE];
    ssize_t got = read(stream->end, piece, sizeof piece);
    if (got <= 0) {
        close(stream->end);
        stream->end = -1;
        return 0;
    }
    if (!keep)
        return 0;
    size_t size = stream->size + (size_t)got;
    if (size > stream->room) {
        stream->room = size * 2;
        if (!(stream->bytes = realloc(stream->bytes, stream->room)))
            die("realloc");
    }
    memcpy(stream->bytes + stream->size, piece, (size_t)got);
    stream->size = size;
    return size > most;
}

static void hear(struct run *run)
{
    char data[sizeof run->told];
    ssize_t got = recv(run->line, data, sizeof data, 0);
    if (got == 1 && run->job->asked.flags & WARM)
        let_in(run);
    else if (got == (ssize_t)sizeof run->told) {
        memcpy(&run->told, data, sizeof data);
        run->has_told = 1;
    }
    close_lent(run);
    if (got <= 0 || run->has_told) {
        close(run->line);
        run->line = -1;
    }
}

/* Collect until everything has been closed. Returns BY_OUTPUT, BY_CLOCK (the launcher is lost), or
 * BY_ITSELF. After a kill, what was written is still read for a second, and dropped. */
static uint32_t pump(struct run *run, uint64_t deadline)
{
    uint32_t why = BY_ITSELF;
    for (;;) {
        struct pollfd events[4];
        unsigned open = 0;
        for (unsigned n = 0; n < 4; n++) {
            events[n] = (struct pollfd){.fd = n < 3 ? run->streams[n].end : run->line, .events = POLLIN};
            open += events[n].fd >= 0;
        }
        if (!open)
            return why;
        uint64_t now = now_us();
        int ready = poll(events, 4, now < deadline ? (int)((deadline - now) / 1000) + 1 : 0);
        int much = 0;
        for (unsigned n = 0; n < 3; n++)
            if (events[n].revents)
                much |= read_stream(&run->streams[n], run->job->asked.output_bytes, !why);
        if (events[3].revents)
            hear(run);
        if ((ready == 0 && why) || (why && now > deadline))
            return why;
        if ((much || ready == 0) && !why) {
            why = much ? BY_OUTPUT : BY_CLOCK;
            deadline = now_us() + 1000000;
            kill(run->launcher, SIGKILL);
        }
    }
}

static uint64_t used_us(const struct rusage *used)
{
    return (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000
        + (uint64_t)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

/* Bury the program, if it is ours, and then the launcher: its namespace ends with the last one. */
static void bury_both(struct run *run, struct answer *answer)
{
    struct rusage used;
    int status, launchers;
    uint64_t largest = 0, base = 0;
    if (run->program > 0) {
        while (wait4(run->program, &status, 0, &used) < 0)
            if (errno != EINTR)
                die("wait");
        answer->status = status;
        answer->cpu_us += used_us(&used);
        largest = (uint64_t)used.ru_maxrss;
        base = run->job->asked.flags & PACKAGE ? run->slot->second_kb : run->slot->zygote_kb;
    }
    while (wait4(run->launcher, &launchers, 0, &used) < 0)
        if (errno != EINTR)
            die("wait");
    if (!run->has_told)
        answer->cpu_us += used_us(&used);
    if ((uint64_t)used.ru_maxrss > largest && run->program <= 0)
        largest = (uint64_t)used.ru_maxrss;
    /* A new process inherits the peak of the one that forked it: below that nothing is known. */
    if (largest > base + base / 10 && largest > answer->peak_kb)
        answer->peak_kb = largest;
}

static void reply(struct run *run, const struct answer *answer)
{
    struct stat about = {0};
    char *outputs = "\0\0\0";
    size_t size = 4, detail;
    char said[sizeof run->told.reason + sizeof run->told.detail];
    if (run->outbox >= 0 && run->has_told && !run->told.state && !fstat(run->outbox, &about) && about.st_size) {
        size = (size_t)about.st_size;
        outputs = mmap(NULL, size, PROT_READ, MAP_PRIVATE, run->outbox, 0);
        if (outputs == MAP_FAILED)
            die("mmap");
    }
    detail = (size_t)snprintf(said, sizeof said, "%s\n%s", run->told.reason, run->told.detail);
    uint32_t total = (uint32_t)(sizeof *answer + 5 * 4 + detail + size);
    for (unsigned n = 0; n < 3; n++)
        total += (uint32_t)run->streams[n].size;
    char *whole = malloc(total + 4), *at = whole;
    if (!whole)
        die("malloc");
    memcpy(at, &total, 4), at += 4;
    memcpy(at, answer, sizeof *answer), at += sizeof *answer;
    struct { const char *bytes; size_t size; } blocks[] = {
        {run->streams[0].bytes, run->streams[0].size}, {run->streams[1].bytes, run->streams[1].size},
        {run->streams[2].bytes, run->streams[2].size}, {said, detail}, {outputs, size}};
    for (unsigned n = 0; n < 5; n++) {
        uint32_t length = (uint32_t)blocks[n].size;
        memcpy(at, &length, 4), at += 4;
        if (length)
            memcpy(at, blocks[n].bytes, length), at += length;
    }
    give(whole, total + 4);
    free(whole);
    if (about.st_size)
        munmap(outputs, size);
}

static pid_t start(struct run *run)
{
    struct slot *slot = run->slot;
    run->network = take_network(slot->networks);
    if (run->network < 0 && slot->networks >= 0) {      /* it has ended; do without from now on */
        close(slot->networks);
        slot->networks = -1;
    }
    unsigned long box = run->network < 0 ? BOX | CLONE_NEWNET : BOX;
    pid_t pid = (pid_t)syscall(SYS_clone, box | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        close(0), close(1), close(run->line), close(slot->networks);
        close(run->slot->zygote);
        if (run->slot->second != run->slot->zygote)
            close(run->slot->second);
        for (unsigned n = 0; n < 3; n++)
            if (run->streams[n].end >= 0)
                close(run->streams[n].end);
        launch(run);
    }
    if (pid < 0)
        die("clone");
    if (run->network >= 0)
        close(run->network);
    return pid;
}

/* Run one job, from the bytes of its frame to its answer. */
void serve(struct slot *slot, char *frame, size_t size)
{
    struct job job = {.opening = NULL};
    struct run run = {.slot = slot, .job = &job};
    struct answer answer = {0};
    const char *wrong = parse(&job, frame, size);
    if (wrong)
        dprintf(2, "the launcher cannot read a job: %s\n", wrong), _exit(1);
    uint64_t began = now_us();
    *trouble() = 0;
    open_streams(&run);
    run.launcher = start(&run);
    if (!(job.asked.flags & WARM))
        close_lent(&run);
    uint32_t why = pump(&run, began + job.asked.wall_us + LATE_US);
    answer.state = run.told.state;
    if (run.has_told)
        answer.stopped = run.told.stopped, answer.strays = run.told.strays,
        answer.status = run.told.status, answer.cpu_us = run.told.cpu_us,
        answer.wall_us = run.told.wall_us, answer.peak_kb = run.told.peak_kb;
    answer.warm = !!(job.asked.flags & WARM);
    bury_both(&run, &answer);
    if (why == BY_OUTPUT)
        answer.stopped = BY_OUTPUT, answer.wall_us = now_us() - began, answer.state = ENDED;
    else if (why || !run.has_told) {
        answer.state = LOST;
        snprintf(run.told.detail, sizeof run.told.detail, "%s", why ? "it did not end" : trouble());
    }
    reply(&run, &answer);
    for (unsigned n = 0; n < 3; n++) {
        if (run.streams[n].end >= 0)
            close(run.streams[n].end);
        free(run.streams[n].bytes);
    }
    if (run.line >= 0)
        close(run.line);
    if (run.outbox >= 0)
        close(run.outbox);
    free(job.command), free(job.variables);
}
