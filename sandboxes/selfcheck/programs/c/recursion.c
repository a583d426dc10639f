static int down(volatile int number) {
    volatile char held[256];
    held[0] = (char)number;
    return down(number + 1) + held[0];
}

int main(void) {
    return down(0);
}
