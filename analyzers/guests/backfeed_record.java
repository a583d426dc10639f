import java.util.*;
import java.util.concurrent.Callable;

public class Main {
    static String quoted(String text) {
        StringBuilder made = new StringBuilder();
        for (char one : text.toCharArray()) {
            if (one == '\\' || one == '"' || one == '\'') made.append('\\').append(one);
            else if (one == '\n') made.append("\\n");
            else if (one == '\t') made.append("\\t");
            else if (one < 32 || one > 126) made.append(String.format("\\u%04x", (int) one));
            else made.append(one);
        }
        return made.toString();
    }

    static String shown(Collection<?> all, boolean sorted) {
        List<String> parts = new ArrayList<>();
        for (Object one : all) parts.add(show(one));
        if (sorted) Collections.sort(parts);
        return String.join(", ", parts);
    }

    static String show(Object value) {
        if (value == null) return "null";
        if (value instanceof Integer || value instanceof Boolean) return value.toString();
        if (value instanceof Long) return value + "L";
        if (value instanceof Double && Double.isFinite((Double) value)) return value.toString();
        if (value instanceof Float && Float.isFinite((Float) value)) return value + "f";
        if (value instanceof String) return '"' + quoted((String) value) + '"';
        if (value instanceof Character) return "'" + quoted(value.toString()) + "'";
        if (value.getClass().isArray()) {
            List<String> parts = new ArrayList<>();
            int length = java.lang.reflect.Array.getLength(value);
            for (int i = 0; i < length; i++) parts.add(show(java.lang.reflect.Array.get(value, i)));
            String kind = value.getClass().getSimpleName();
            return "new " + kind + " {" + String.join(", ", parts) + "}";
        }
        if (value instanceof List) return "List.of(" + shown((List<?>) value, false) + ")";
        if (value instanceof Set) return "Set.of(" + shown((Set<?>) value, true) + ")";
        if (value instanceof Map && ((Map<?, ?>) value).size() <= 10) {
            List<String> parts = new ArrayList<>();
            for (Map.Entry<?, ?> one : ((Map<?, ?>) value).entrySet())
                parts.add(show(one.getKey()) + ", " + show(one.getValue()));
            Collections.sort(parts);
            return "Map.of(" + String.join(", ", parts) + ")";
        }
        throw new IllegalArgumentException();
    }

    static void record(int number, Callable<Object> call) {
        try {
            String text = show(call.call());
            boolean whole = !text.matches("(?s).*\\.of\\(.*\\bnull\\b.*");
            if (text.length() <= 400 && whole)
                System.out.println("\nbackfeed-record " + number + " " + text);
        } catch (Exception | StackOverflowError | AssertionError error) {
            // A call that fails has no value.
        }
    }

    public static void main(String[] arguments) {
@CALLS@
    }
}
