constexpr unsigned long count() {
    unsigned long number = 0;
    for (unsigned long at = 0; at < 1UL << 60; at++) number += at;
    return number;
}
constexpr unsigned long found = count();
int main() { return found; }
