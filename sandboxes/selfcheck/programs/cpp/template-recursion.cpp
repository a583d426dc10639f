template <int number> struct Deep {
    static const int value = Deep<number + 1>::value;
};
int main() { return Deep<0>::value; }
