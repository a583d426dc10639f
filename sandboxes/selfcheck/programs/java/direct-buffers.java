import java.nio.ByteBuffer;
import java.util.ArrayList;

public class Main {
    public static void main(String[] words) {
        var held = new ArrayList<ByteBuffer>();
        for (int number = 0; number < 64; number++) {
            ByteBuffer piece = ByteBuffer.allocateDirect(64 << 20);
            while (piece.remaining() >= 8) piece.putLong(1);
            held.add(piece);
        }
        System.out.println("HOLE " + held.size());
    }
}
