/* The kernel calls that put a program in a box of its own. */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define STACK_MB 16
#define MOST_OUTPUTS 8192
#define MOST_OUTPUT_BYTES (256 * MIB)

extern char **environ;

static int failed(char *detail, size_t size, const char *what)
{
    snprintf(detail, size, "%s: %s", what, strerror(errno));
    return -1;
}

/* Give pid 1 of fresh namespaces its own disk, /proc and network. The network was made already if
 * `network` is a descriptor of one. */
int furnish(const struct request *asked, int network, char *detail, size_t size)
{
    static const struct { const char *place, *mode; } disks[] = {
        {"/work", "755"}, {"/tmp", "1777"}, {"/dev/shm", "1777"}};
    char options[96];
    for (unsigned n = 0; n < 3; n++) {
        snprintf(options, sizeof options, "size=%lu,nr_inodes=%lu,mode=%s",
                 (unsigned long)asked->disk_bytes, (unsigned long)asked->inodes, disks[n].mode);
        if (mount("tmpfs", disks[n].place, "tmpfs", MS_NOSUID | MS_NODEV, options))
            return failed(detail, size, disks[n].place);
    }
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        return failed(detail, size, "/proc");
    if (network >= 0 ? setns(network, CLONE_NEWNET) || close(network) : set_up_network())
        return failed(detail, size, "network");
    if (chdir("/work"))
        return failed(detail, size, "chdir");
    return 0;
}

static int make_folders(char *path)
{
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int wrong = mkdir(path, 0777) && errno != EEXIST;
        *slash = '/';
        if (wrong)
            return -1;
    }
    return 0;
}

static int write_file(const char *path, mode_t mode, const char *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return -1;
    while (size) {
        ssize_t put = write(file, bytes, size);
        if (put < 0)
            return -1;
        bytes += put;
        size -= (size_t)put;
    }
    return fchmod(file, mode) || close(file) ? -1 : 0;
}

/* Lay the job's files in the working directory. */
int write_files(const char *list, char *detail, size_t size)
{
    umask(022);
    for (uint32_t count = take_number(&list); count; count--) {
        char *path = (char *)take_string(&list, NULL);
        mode_t mode = take_number(&list);
        uint32_t length;
        const char *bytes = take_string(&list, &length);
        if (make_folders(path) || write_file(path, mode, bytes, length))
            return failed(detail, size, path);
    }
    return 0;
}

static const char *value_of(const struct job *job, const char *name)
{
    for (char **at = job->variables; *at; at += 2)
        if (!strcmp(at[0], name))
            return at[1];
    return getenv(name);
}

static int can_run(const char *path)
{
    struct stat about;
    return !stat(path, &about) && S_ISREG(about.st_mode) && !access(path, X_OK);
}

/* The path of the job's program; NULL if there is none. */
const char *resolve(const struct job *job, const struct slot *slot)
{
    static char found[4096];
    const char *name = job->command[0];
    if (job->asked.flags & PYTHON)
        return slot->python;
    if (strchr(name, '/'))
        return *name != '/' || can_run(name) ? name : NULL;
    const char *path = value_of(job, "PATH");
    for (const char *at = path ? path : ""; *at;) {
        size_t length = strcspn(at, ":");
        snprintf(found, sizeof found, "%.*s/%s", (int)length, at, name);
        if (length && can_run(found))
            return found;
        at += length + (at[length] == ':');
    }
    return NULL;
}

static void wire_up(const struct ends *ends)
{
    int wanted[] = {ends->input, ends->output, ends->errors, ends->report};
    int count = ends->report < 0 ? 3 : 4, lifted[4];
    for (int n = 0; n < count; n++)
        if ((lifted[n] = fcntl(wanted[n], F_DUPFD_CLOEXEC, 64)) < 0)
            die("dup");
    for (int n = 0; n < count; n++)
        if (dup2(lifted[n], n) < 0)
            die("dup2");
    for (int n = 0; n < count; n++)
        close(lifted[n]);
    if (syscall(SYS_close_range, count, ~0U, 0))
        die("close_range");
}

static void bound(int kind, uint64_t most)
{
    struct rlimit limit = {most, most};
    if (setrlimit(kind, &limit))
        die("setrlimit");
}

/* The same limits as `bound` in _guest_box.py, for the same reasons. */
static void bound_all(const struct request *asked, unsigned company)
{
    bound(RLIMIT_CORE, 0);
    bound(RLIMIT_CPU, asked->cpu_us / 1000000 * 4 + 10);
    bound(RLIMIT_FSIZE, asked->file_bytes);
    bound(RLIMIT_NOFILE, asked->open_files);
    bound(RLIMIT_STACK, STACK_MB * MIB);
    bound(RLIMIT_NPROC, asked->processes + company);
    bound(RLIMIT_MEMLOCK, 64 << 10);
    bound(RLIMIT_MSGQUEUE, 64 << 10);
    if (asked->flags & PYTHON)
        bound(RLIMIT_AS, 2 * asked->memory_kb * 1024 + 1024 * MIB);
}

static void default_signals(void)
{
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } usual = {0};
    for (int number = 32; number < 65; number++)        /* the C library keeps two for itself */
        syscall(SYS_rt_sigaction, number, &usual, NULL, sizeof usual.mask);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Drop every capability and install the filter: the last step before foreign code. */
static void surrender(const struct slot *slot)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &head, none))
        die("capset");
    struct sock_fprog filter = {(unsigned short)(slot->filter_size / 8), slot->filter};
    if (filter.len && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
        die("seccomp");
}

/* Be pid 2: give up everything and run foreign code. What goes wrong before the program is there
 * is said on its standard error, as a shell would. */
void become(const struct job *job, const struct slot *slot, const struct ends *ends, const char *path)
{
    wire_up(ends);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);                 /* else /proc/self belongs to root */
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score < 0 || write(score, "1000", 4) != 4)
        die("oom_score_adj");
    close(score);
    for (char **at = job->variables; *at; at += 2)
        if (setenv(at[0], at[1], 1))
            die("setenv");
    if (job->asked.flags & PYTHON)
        job->command[0] = (char *)slot->python;
    default_signals();
    bound_all(&job->asked, slot->company);
    surrender(slot);
    execve(path, job->command, environ);
    dprintf(2, "%s: %s\n", job->command[0], strerror(errno));
    _exit(127);
}

/* What no process in here ever needs again: capabilities gained by exec, or new privileges. */
void lower_for_good(void)
{
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int capability = 0; capability < 64; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        die("no_new_privs");
}

struct outbox {
    int to;
    unsigned files;
    uint64_t bytes;
};

static void put(struct outbox *box, const void *bytes, size_t size)
{
    while (size) {
        ssize_t done = write(box->to, bytes, size);
        if (done <= 0)
            _exit(1);
        bytes = (const char *)bytes + done;
        size -= (size_t)done;
    }
}

static void put_file(struct outbox *box, const char *path, int file, const struct stat *about)
{
    uint32_t length = (uint32_t)strlen(path), mode = about->st_mode & 0755, size;
    char piece[1 << 16];
    size = (uint32_t)about->st_size;
    put(box, &length, 4);
    put(box, path, length + 1);
    put(box, &mode, 4);
    put(box, &size, 4);
    for (uint64_t left = size; left;) {
        ssize_t got = read(file, piece, left < sizeof piece ? left : sizeof piece);
        if (got <= 0)
            _exit(1);
        put(box, piece, (size_t)got);
        left -= (uint64_t)got;
    }
    put(box, "", 1);
    box->files++;
    box->bytes += size;
}

/* Regular files alone, never through a link, never out of /work; the rest is left out. */
static void collect_one(struct outbox *box, int from, const char *name, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
    struct stat about;
    int file = (int)syscall(SYS_openat2, from, name, &how, sizeof how);
    if (file < 0)
        return;
    int fits = box->files < MOST_OUTPUTS && !fstat(file, &about);
    if (fits && S_ISREG(about.st_mode) && about.st_nlink == 1
        && box->bytes + (uint64_t)about.st_size <= MOST_OUTPUT_BYTES)
        put_file(box, path, file, &about);
    DIR *folder = fits && S_ISDIR(about.st_mode) ? fdopendir(file) : NULL;
    if (!folder) {
        close(file);
        return;
    }
    for (struct dirent *item; (item = readdir(folder));) {
        char inner[4096];
        if (!strcmp(item->d_name, ".") || !strcmp(item->d_name, "..")
            || (size_t)snprintf(inner, sizeof inner, "%s/%s", path, item->d_name) >= sizeof inner)
            continue;
        collect_one(box, dirfd(folder), item->d_name, inner);
    }
    closedir(folder);
}

/* Write the files that a list names to `to`. Everyone in the box is dead by now. */
int collect(const char *list, int to)
{
    struct outbox box = {.to = to};
    int work = open("/work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (work < 0)
        return -1;
    put(&box, &box.files, 4);
    for (uint32_t count = take_number(&list); count; count--) {
        const char *path = take_string(&list, NULL);
        collect_one(&box, work, path, path);
    }
    lseek(to, 0, SEEK_SET);
    put(&box, &box.files, 4);
    return 0;
}
