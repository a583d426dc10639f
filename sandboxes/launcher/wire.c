/* What is read from the host and written to it; see _protocol.py, which holds the other end. */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TROUBLE_SIZE 256

/* One page that all our children share until they become programs: there a child says what went
 * wrong, and a program has it no longer. */
static char *page;

void share_trouble(void)
{
    page = mmap(NULL, TROUBLE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        page = NULL;
}

char *trouble(void)
{
    static char nowhere[TROUBLE_SIZE];
    return page ? page : nowhere;
}

void die(const char *what)
{
    if (page)
        snprintf(page, TROUBLE_SIZE, "%s: %s", what, strerror(errno));
    dprintf(2, "the launcher failed: %s: %s\n", what, strerror(errno));
    _exit(126);
}

uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void take(void *to, size_t size)
{
    for (char *at = to; size;) {
        ssize_t got = read(0, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(0);
        at += got;
        size -= (size_t)got;
    }
}

void give(const void *from, size_t size)
{
    for (const char *at = from; size;) {
        ssize_t put = write(1, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            _exit(0);
        at += put;
        size -= (size_t)put;
    }
}

uint32_t take_number(const char **at)
{
    uint32_t number;
    memcpy(&number, *at, sizeof number);
    *at += sizeof number;
    return number;
}

/* A string is its length, its bytes, and a zero that the length does not count. */
const char *take_string(const char **at, uint32_t *size)
{
    uint32_t length = take_number(at);
    const char *text = *at;
    *at += length + 1;
    if (size)
        *size = length;
    return text;
}

/* A list of strings as an array that ends with NULL; `each` strings per item. */
static char **take_list(const char **at, unsigned each)
{
    uint32_t count = take_number(at) * each;
    char **list = calloc(count + 1, sizeof *list);
    if (!list)
        die("calloc");
    for (uint32_t n = 0; n < count; n++)
        list[n] = (char *)take_string(at, NULL);
    return list;
}

static void skip_files(const char **at)
{
    for (uint32_t count = take_number(at); count; count--) {
        take_string(at, NULL);
        take_number(at);
        take_string(at, NULL);
    }
}

/* The bytes come from the trusted host, so lengths are believed; a frame that does not end where
 * it should is a fault of ours and is said. */
const char *parse(struct job *job, char *bytes, size_t size)
{
    const char *at = bytes;
    memcpy(&job->asked, at, sizeof job->asked);
    at += sizeof job->asked;
    job->opening = at;
    job->command = take_list(&at, 1);
    job->variables = take_list(&at, 2);
    job->opening_size = (size_t)(at - job->opening);
    job->files = at;
    skip_files(&at);
    job->outputs = at;
    for (uint32_t count = take_number(&at); count; count--)
        take_string(&at, NULL);
    uint32_t length;
    job->input = take_string(&at, &length);
    job->input_size = length;
    return at == bytes + size ? NULL : "a frame of another form";
}

/* Send a word and descriptors over a socket; not 0 if that fails. */
int send_ends(int line, const char *word, const int *lent, unsigned count)
{
    union { struct cmsghdr head; char bytes[CMSG_SPACE(8 * sizeof(int))]; } control = {{0}};
    struct iovec words = {(void *)word, strlen(word)};
    struct msghdr message = {.msg_iov = &words, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)),
                                    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), lent, count * sizeof(int));
    return sendmsg(line, &message, MSG_NOSIGNAL) < 0;
}

int send_end(int line, int end)
{
    return send_ends(line, "end", &end, 1);
}

/* A descriptor from a socket; -1 if none comes. */
int receive_end(int line)
{
    char word[8];
    union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec words = {word, sizeof word};
    struct msghdr message = {.msg_iov = &words, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    int end;
    if (recvmsg(line, &message, MSG_CMSG_CLOEXEC) <= 0 || !CMSG_FIRSTHDR(&message)
        || CMSG_FIRSTHDR(&message)->cmsg_type != SCM_RIGHTS)
        return -1;
    memcpy(&end, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof end);
    return end;
}

/* An anonymous file with these bytes, at its beginning, that nobody can change. */
int sealed(const char *name, const void *bytes, size_t size)
{
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0)
        die("memfd_create");
    for (size_t at = 0; at < size;) {
        ssize_t put = write(file, (const char *)bytes + at, size - at);
        if (put <= 0)
            die("write");
        at += (size_t)put;
    }
    lseek(file, 0, SEEK_SET);
    fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return file;
}
