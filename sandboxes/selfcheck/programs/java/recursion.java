public class Main {
    static int down(int number) {
        return down(number + 1) + 1;
    }

    public static void main(String[] words) {
        System.out.println(down(0));
    }
}
