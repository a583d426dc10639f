#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (int number = 3; number < 4096; number++)
        if (write(number, "x", 1) == 1) printf("HOLE %d\n", number);
}
