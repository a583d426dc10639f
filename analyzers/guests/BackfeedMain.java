import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Set;

/** Runs main of a test program; without a record, it ended before that came back. */
final class BackfeedMain {
    /** The type with main, its file, the lines before the test in it, the checks in the test. */
    public static void main(String[] words) throws Exception {
        BackfeedRecord record = new BackfeedRecord(Set.of(words[1]), Integer.parseInt(words[2]));
        Throwable error = null;
        try {
            Method main = Class.forName(words[0]).getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            main.invoke(null, (Object) new String[0]);
        } catch (InvocationTargetException wrapped) {
            error = wrapped.getCause();
        } catch (Throwable other) {
            error = other;
        }
        System.out.flush();
        if (error == null) {
            record.pass(Integer.parseInt(words[3]));
        } else {
            error.printStackTrace();
            record.fail(error instanceof AssertionError ? 1 : 0, error);
        }
        System.exit(record.close() ? 0 : 1);
    }
}
