#include <stdio.h>

__asm__(".globl taken\ntaken: .incbin \"@CANARY@\"\n.byte 0\n");
extern const char taken[];

int main(void) {
    puts(taken);
}
