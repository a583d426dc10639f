#include <stdio.h>

/* getpid of the 32-bit table. */
int main(void) {
    int found;
    __asm__ volatile("int $0x80" : "=a"(found) : "a"(20));
    printf("HOLE %d\n", found);
}
