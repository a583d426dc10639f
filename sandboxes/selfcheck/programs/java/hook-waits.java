public class Main {
    public static void main(String[] words) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                Thread.sleep(20_000);
            } catch (InterruptedException ended) {
                return;
            }
        }));
        System.exit(0);
    }
}
