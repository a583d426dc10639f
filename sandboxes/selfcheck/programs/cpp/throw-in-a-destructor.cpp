struct Bad {
    ~Bad() noexcept(false) { throw 1; }
};
int main() {
    try {
        Bad bad;
        throw 2;
    } catch (int) {
    }
}
