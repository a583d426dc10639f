/* The launcher: the server of a slot, and pid 1 of each program's box.
 *
 * It does what _guest.py, _guest_box.py and _guest_watch.py do, in a static program that forks in
 * microseconds. Python programs are still born by the zygote, an interpreter that is prepared; it
 * enters the box which the launcher has made. One thread, no heap that grows with time.
 */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The namespaces of a box; the network is one that was made ahead, or comes to them. */
#define BOX (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID)

enum { REPORT = 1, WARM = 2, PYTHON = 4, PACKAGE = 8 }; /* struct request.flags */
enum { ENDED = 0, REFUSED = 1, LOST = 2 };              /* struct told.state */
enum { BY_ITSELF = 0, BY_OUTPUT = 1, BY_MEMORY = 2, BY_CPU = 3, BY_CLOCK = 4 };

/* The fixed part of a request; little-endian, as struct "<2I9Q". */
struct request {
    uint32_t flags, reserved;
    uint64_t cpu_us, wall_us, memory_kb, processes, file_bytes, disk_bytes, inodes, output_bytes,
        open_files;
};

/* A request with its variable part, which points into the bytes that came. */
struct job {
    struct request asked;
    const char *opening;                                /* command and variables, as they came */
    size_t opening_size;
    char **command, **variables;                        /* end with NULL; names and values in turn */
    const char *files, *outputs;                        /* lists, see wire.c */
    const char *input;
    size_t input_size;
};

/* What the launcher in the box reports to the server outside it. */
struct told {
    uint32_t state;
    int32_t status;
    uint32_t stopped, strays;
    uint64_t cpu_us, wall_us, peak_kb;
    char reason[24], detail[488];
};

/* The ends of pipes that a program is given. `report` is -1 if it may not have one. */
struct ends {
    int input, output, errors, report;
};

/* What is the same for all jobs of a slot. */
struct slot {
    int zygote, second;                                 /* sockets; the second has packages loaded */
    const char *python;
    void *filter;                                       /* a seccomp program */
    size_t filter_size;
    uint64_t zygote_kb, second_kb;                      /* what a program begins with there */
    const char *second_pid;
    unsigned company;                                   /* trusted processes in the user namespace */
    int networks;                                       /* a socket to who makes them; or -1 */
};

/* wire.c */
void take(void *to, size_t size);                       /* from the host; its end ends the slot */
void give(const void *from, size_t size);
const char *parse(struct job *job, char *bytes, size_t size);
uint32_t take_number(const char **at);
const char *take_string(const char **at, uint32_t *size);
int send_ends(int line, const char *word, const int *lent, unsigned count);
int send_end(int line, int end);
int receive_end(int line);
int sealed(const char *name, const void *bytes, size_t size);
void die(const char *what) __attribute__((noreturn));
void share_trouble(void);
char *trouble(void);                                    /* what a child that is no program yet met */
uint64_t now_us(void);

/* network.c */
int set_up_network(void);
int start_networks(void);
int take_network(int line);

/* box.c */
int furnish(const struct request *asked, int network, char *detail, size_t size);
int write_files(const char *list, char *detail, size_t size);
const char *resolve(const struct job *job, const struct slot *slot);
void become(const struct job *job, const struct slot *slot, const struct ends *ends, const char *path)
    __attribute__((noreturn));
void lower_for_good(void);
int collect(const char *list, int to);

/* watch.c */
void watch(const struct request *asked, pid_t pid, uint64_t began, struct told *told);
uint64_t resident_kb(const char *pid);

/* server.c */
void serve(struct slot *slot, char *frame, size_t size);

#endif
