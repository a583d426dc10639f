#include <stdlib.h>
#include <string.h>

int main(void) {
    for (int number = 0; number < 64; number++) {
        char *held = malloc(64 << 20);
        if (held == NULL) abort();
        memset(held, 1, 64 << 20);
    }
}
