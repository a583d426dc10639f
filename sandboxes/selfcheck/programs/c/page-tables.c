#include <stdio.h>
#include <sys/mman.h>

/* One byte in each of many places: their tables cost more than they do. */
int main(void) {
    for (unsigned long number = 0; number < 400; number++) {
        char *held = mmap(NULL, 1UL << 30, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (held == MAP_FAILED) break;
        for (unsigned long at = 0; at < 1UL << 30; at += 1UL << 21) {
            volatile char *place = held + at;
            (void)*place;
        }
    }
    puts("done");
}
