#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *wait_a_while(void *nothing) {
    sleep(2);
    return nothing;
}

int main(void) {
    pthread_t made;
    for (int number = 0; number < 1000; number++)
        if (pthread_create(&made, NULL, wait_a_while, NULL) != 0) return 1;
    puts("HOLE: 1000 threads");
}
