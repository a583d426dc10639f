import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

public class Main {
    public static void main(String[] words) {
        for (String path : new String[] {"@CANARY@", "/etc/shadow", "/proc/1/environ"}) {
            try {
                System.out.println(Files.readString(Path.of(path)));
            } catch (Exception refused) {
                continue;
            }
        }
        try (Socket line = new Socket("127.0.0.1", Integer.parseInt("@PORT@"))) {
            System.out.println("HOLE connected");
        } catch (Exception refused) {
            System.out.println("refused");
        }
        System.out.println(System.getenv());
    }
}
