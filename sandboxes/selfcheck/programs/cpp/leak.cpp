#include <vector>
int main() {
    std::vector<std::vector<char>> held;
    for (int number = 0; number < 4096; number++) held.emplace_back(1 << 20, 'x');
}
