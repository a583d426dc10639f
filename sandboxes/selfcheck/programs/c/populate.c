#include <stdio.h>
#include <sys/mman.h>

/* One call that takes it all: nobody looks in between. */
int main(void) {
    void *held = mmap(NULL, 3UL << 30, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    puts(held == MAP_FAILED ? "refused" : "HOLE: 3 GiB at once");
}
