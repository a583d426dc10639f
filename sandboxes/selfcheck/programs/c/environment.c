#include <stdio.h>

extern char **environ;

int main(void) {
    for (char **each = environ; *each; each++) puts(*each);
}
