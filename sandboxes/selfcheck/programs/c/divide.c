int main(void) {
    volatile int none = 0;
    return 7 / none;
}
