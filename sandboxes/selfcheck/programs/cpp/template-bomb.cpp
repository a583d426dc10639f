template <class A, class B> struct Pair {};
template <int depth, class T> struct Wide {
    Wide<depth - 1, Pair<T, int>> left;
    Wide<depth - 1, Pair<int, T>> right;
};
template <class T> struct Wide<0, T> {};
Wide<24, int> all;
int main() {}
