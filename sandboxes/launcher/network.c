/* A process beside the server that makes network namespaces ahead of the programs that they are for:
 * to make one takes longer than all else in a box, most of it waiting for the kernel. */
#include "launcher.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AHEAD 3
#define TCP_RECEIVE "4096 131072 131072"              /* bytes: least, at first, most */
#define TCP_SEND "4096 16384 65536"

static int set(const char *path, const char *value)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    return file < 0 || write(file, value, strlen(value)) < 0 || close(file);
}

/* Loopback, and buffers of connections that do not grow: what they hold is no process's memory.
 * /proc must be one of our own: it alone may be written to. */
int set_up_network(void)
{
    int line = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq loopback = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(loopback.ifr_name, "lo");
    return line < 0 || ioctl(line, SIOCSIFFLAGS, &loopback) || close(line)
        || set("/proc/sys/net/ipv4/tcp_rmem", TCP_RECEIVE)
        || set("/proc/sys/net/ipv4/tcp_wmem", TCP_SEND);
}

/* Make one for each byte that comes, and send a descriptor of it. */
static void make_networks(int line)
{
    char byte;
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        _exit(1);
    while (recv(line, &byte, 1, 0) == 1) {
        int made;
        if (unshare(CLONE_NEWNET) || set_up_network()
            || (made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0 || send_end(line, made))
            _exit(1);
        close(made);
    }
    _exit(0);
}

/* Start the process. Returns the socket to it, or -1. */
int start_networks(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return -1;
    /* A /proc can be mounted by who is in a fresh namespace of processes. */
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        close(0), close(1), close(pair[0]);
        make_networks(pair[1]);
    }
    close(pair[1]);
    for (int n = 0; pid > 0 && n < AHEAD; n++)
        if (send(pair[0], "", 1, MSG_NOSIGNAL) != 1)
            pid = -1;
    if (pid > 0)
        return pair[0];
    close(pair[0]);
    return -1;
}

/* A namespace that no program has been in; -1 if there is none to be had. Another is ordered. */
int take_network(int line)
{
    int made = line < 0 ? -1 : receive_end(line);
    if (made >= 0)
        send(line, "", 1, MSG_NOSIGNAL);
    return made;
}
