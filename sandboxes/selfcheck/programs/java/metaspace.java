import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

public class Main {
    static class Loader extends ClassLoader {
        Class<?> take(byte[] code) {
            return defineClass("Main", code, 0, code.length);
        }
    }

    public static void main(String[] words) throws Exception {
        byte[] code = Files.readAllBytes(Path.of("out/Main.class"));
        var held = new ArrayList<Class<?>>();
        for (int number = 0; number < 2_000_000; number++) held.add(new Loader().take(code));
        System.out.println("HOLE " + held.size());
    }
}
