public class Main {
    public static void main(String[] words) {
        for (int number = 0; number < 500; number++) {
            Thread made = new Thread(() -> {
                try {
                    Thread.sleep(3000);
                } catch (InterruptedException ended) {
                    return;
                }
            });
            made.setDaemon(true);
            made.start();
        }
        System.out.println("HOLE: 500 threads");
    }
}
