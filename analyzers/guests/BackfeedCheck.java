import com.sun.source.util.JavacTask;
import com.sun.tools.javac.api.JavacTaskPool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Writer;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Reads snippets, one a line in base64, and says what javac has against each: one JSON object a line.
 * The first line names the release of Java. A snippet sees the JDK and nothing else, besides what
 * follows on its line, the other files of its answer. What javac has read of the JDK is kept for the
 * next one: none that is alone may have a package of its own.
 */
final class BackfeedCheck {
    private static final int MOST = 20, LONGEST = 300;
    private static final long STACK = 128L << 20;
    private static final Pattern SYMBOL = Pattern.compile(
            "symbol:\\s+(\\w+) (\\w+)|^(package) (\\w+) does not exist");
    private static final String[] PACKAGES = {
        "util", "util.function", "util.stream", "util.regex", "util.concurrent", "util.concurrent.atomic",
        "util.concurrent.locks", "io", "nio", "nio.file", "nio.charset", "math", "time", "time.format",
        "time.temporal", "text", "net", "net.http", "sql", "security", "lang.reflect",
    };
    private static final List<String> OPTIONS = List.of(
            "-proc:none", "-implicit:none", "-XDshould-stop.ifError=FLOW", "-Xlint:none", "-encoding", "UTF-8");

    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final StandardJavaFileManager files;
    private JavacTaskPool tasks = new JavacTaskPool(1);
    private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    private BackfeedCheck() throws IOException {
        files = compiler.getStandardFileManager(null, Locale.ENGLISH, StandardCharsets.UTF_8);
        files.setLocation(StandardLocation.CLASS_PATH, List.of());
        files.setLocation(StandardLocation.SOURCE_PATH, List.of());
    }

    public static void main(String[] words) throws Exception {
        Thread deep = new Thread(null, () -> {
            try {
                new BackfeedCheck().run();
            } catch (IOException wrong) {
                throw new IllegalStateException(wrong);
            }
        }, "check", STACK);
        deep.start();
        deep.join();
    }

    private void run() throws IOException {
        out.println("{\"release\": " + Runtime.version().feature() + "}");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            List<Source> texts = new ArrayList<>();
            for (String text : line.split(" ")) {
                String code = new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
                texts.add(new Source(code, texts.size()));
            }
            out.println(checked(texts));
            out.flush();
        }
    }

    private String checked(List<Source> texts) {
        DiagnosticCollector<JavaFileObject> heard = new DiagnosticCollector<>();
        String crash = "";
        int parsed = 0;
        try {
            if (texts.size() == 1) {
                parsed = tasks.getTask(Writer.nullWriter(), files, heard, OPTIONS, null, texts,
                        task -> parsed((JavacTask) task, heard));
            } else {
                parsed = parsed((JavacTask) compiler.getTask(
                        Writer.nullWriter(), files, heard, OPTIONS, null, texts), heard);
            }
        } catch (Throwable wrong) {
            crash = wrong.getClass().getSimpleName();
            tasks = new JavacTaskPool(1);
        }
        List<String> own = errors(heard, parsed, texts.get(0));
        if (own.isEmpty() && parsed == Integer.MAX_VALUE) {
            crash = "a file beside it does not parse";
        }
        String told = String.join(", ", own);
        return "{\"crash\": \"" + crash + "\", \"errors\": [" + told + "]}";
    }

    /** Looks at a snippet, and says how many of the diagnostics are its parser's. */
    private static int parsed(JavacTask task, DiagnosticCollector<JavaFileObject> heard) {
        try {
            task.parse();
            int parsed = heard.getDiagnostics().size();
            if (!errors(heard, parsed, null).isEmpty()) {
                return Integer.MAX_VALUE;
            }
            task.analyze();
            return parsed;
        } catch (IOException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    /** The errors of a text, or of all; those that the parser had are the first ones. */
    private static List<String> errors(DiagnosticCollector<JavaFileObject> heard, int parsed, Source of) {
        List<String> found = new ArrayList<>();
        int number = 0;
        for (Diagnostic<? extends JavaFileObject> one : heard.getDiagnostics()) {
            boolean syntax = number++ < parsed;
            boolean meant = of == null || one.getSource() == null || one.getSource() == of;
            if (meant && one.getKind() == Diagnostic.Kind.ERROR && found.size() < MOST) {
                found.add(told(one, syntax));
            }
        }
        return found;
    }

    private static String told(Diagnostic<? extends JavaFileObject> one, boolean syntax) {
        String message = one.getMessage(Locale.ENGLISH);
        Matcher symbol = SYMBOL.matcher(message);
        int group = !symbol.find() ? 0 : symbol.group(1) == null ? 3 : 1;
        String kind = group == 0 ? "" : symbol.group(group), name = group == 0 ? "" : symbol.group(group + 1);
        return "{\"key\": \"" + one.getCode() + "\", \"syntax\": " + syntax
                + ", \"kind\": \"" + kind + "\", \"name\": \"" + quoted(name) + "\", \"known\": " + known(name)
                + ", \"message\": \"" + quoted(message) + "\""
                + ", \"line\": " + one.getLineNumber() + ", \"column\": " + one.getColumnNumber() + "}";
    }

    /** Is this the name of a type that the JDK has, and that was not imported? */
    private static boolean known(String name) {
        for (String place : PACKAGES) {
            try {
                if (Modifier.isPublic(Class.forName("java." + place + "." + name, false, null).getModifiers())) {
                    return true;
                }
            } catch (ClassNotFoundException | LinkageError absent) {
                continue;
            }
        }
        return false;
    }

    private static String quoted(String text) {
        StringBuilder found = new StringBuilder();
        for (char c : text.substring(0, Math.min(text.length(), LONGEST)).toCharArray()) {
            if (c < 32 || c == 127 || Character.isSurrogate(c)) {
                found.append(' ');
            } else if (c == '"' || c == '\\') {
                found.append('\\').append(c);
            } else {
                found.append(c);
            }
        }
        return found.toString();
    }

    /** A snippet, which may define a public type of any name. */
    private static final class Source extends SimpleJavaFileObject {
        private final String code;

        Source(String code, int number) {
            super(URI.create("string:///Snippet" + number + ".java"), Kind.SOURCE);
            this.code = code;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return code;
        }

        @Override
        public boolean isNameCompatible(String name, Kind kind) {
            return true;
        }
    }
}
