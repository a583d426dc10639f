/* A process beside the server that makes network namespaces ahead of the programs that they are for:
 * to make one takes longer than all else in a box, most of it waiting for the kernel. */
#include "launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#define AHEAD 3

/* Make one for each byte that comes, and send a descriptor of it. */
static void make_networks(int line)
{
    char byte;
    while (recv(line, &byte, 1, 0) == 1) {
        int made;
        if (unshare(CLONE_NEWNET) || bring_up_loopback()
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
    pid_t pid = fork();
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
