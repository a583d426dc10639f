import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the tests of classes in JUnit, and records each; what was skipped is not told. */
final class BackfeedTests implements TestExecutionListener {
    private final BackfeedRecord record;
    private final int counts;

    private BackfeedTests(BackfeedRecord record, int counts) {
        this.record = record;
        this.counts = counts;
    }

    /** How much a test that passes counts, and the full names of the classes. */
    public static void main(String[] words) throws Exception {
        List<String> names = Arrays.asList(words).subList(1, words.length);
        Set<String> files = new HashSet<>();
        List<DiscoverySelector> chosen = new ArrayList<>();
        for (String name : names) {
            files.add(name.substring(name.lastIndexOf('.') + 1) + ".java");
            chosen.add(DiscoverySelectors.selectClass(name));
        }
        BackfeedRecord record = new BackfeedRecord(files, 0);
        try {
            LauncherFactory.create().execute(
                    LauncherDiscoveryRequestBuilder.request().selectors(chosen).build(),
                    new BackfeedTests(record, Integer.parseInt(words[0])));
        } catch (Throwable error) {
            error.printStackTrace();
            record.fail(0, error);
        }
        System.out.flush();
        System.exit(record.close() ? 0 : 1);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.FAILED) {
            Throwable error = result.getThrowable().orElseGet(() -> new AssertionError("it failed"));
            System.err.println(test.getDisplayName() + ": " + error);
            record.fail(test.isTest() ? 1 : 0, error);
        } else if (test.isTest() && result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
            record.pass(counts);
        }
    }
}
