#include "@CANARY@"
int main(void) {}
