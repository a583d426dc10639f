#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A process that no library knows of, and that is nobody's child here. */
int main(void) {
    for (int number = 0; number < 500; number++) {
        long child = syscall(SYS_clone, CLONE_PARENT | 17, 0, 0, 0, 0);
        if (child == 0) {
            sleep(3);
            _exit(0);
        }
        if (child < 0) return 1;
    }
    puts("HOLE: 500 processes");
}
