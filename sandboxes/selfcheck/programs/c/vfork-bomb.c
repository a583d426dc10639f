#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int made = 0;
    for (int number = 0; number < 500; number++) {
        int child = vfork();
        if (child == 0) {
            execl("/bin/sleep", "sleep", "3", (char *)NULL);
            _exit(1);
        }
        if (child < 0) return 1;
        made++;
    }
    printf("HOLE %d\n", made);
}
