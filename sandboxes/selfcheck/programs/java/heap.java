import java.util.ArrayList;

public class Main {
    public static void main(String[] words) {
        var held = new ArrayList<byte[]>();
        for (int number = 0; number < 4096; number++) {
            byte[] piece = new byte[1 << 20];
            java.util.Arrays.fill(piece, (byte) 1);
            held.add(piece);
        }
        System.out.println("HOLE " + held.size());
    }
}
