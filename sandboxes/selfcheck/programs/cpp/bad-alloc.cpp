#include <new>
int main() {
    volatile unsigned long size = 1UL << 46;
    char *held = new char[size];
    held[0] = 1;
}
