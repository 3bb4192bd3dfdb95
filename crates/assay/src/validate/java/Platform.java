package assay.harness;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs classes of JUnit 5 tests, and of JUnit 4 where its engine is there, and
 * reports each test. Before and after them, and between classes, run sentinels in
 * places drawn anew, one that must fail and one that must pass: a JUnit that was
 * taught to pass everything betrays itself by them.
 */
public final class Platform {
    private static final int BETRAYED = 71;

    private Platform() {}

    public static void main(String[] classes) throws Exception {
        Report report = Report.open();
        List<DiscoverySelector> selectors = new ArrayList<>();
        for (String name : classes) {
            try {
                selectors.add(selectClass(Class.forName(name, false, Platform.class.getClassLoader())));
            } catch (Throwable error) {
                error.printStackTrace();
            }
        }
        selectors.add(report.draw(0, selectors.size() + 1), selectClass(Failing.class));
        selectors.add(report.draw(1, selectors.size() + 1), selectClass(Passing.class));
        // Listeners that the class path brings along have nothing to do here.
        LauncherConfig config =
                LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
        Launcher launcher = LauncherFactory.create(config);
        Listener listener = new Listener(report);
        launcher.execute(
                LauncherDiscoveryRequestBuilder.request().selectors(selectors).build(), listener);
        if (!listener.failingFailed || !listener.passingPassed) {
            System.err.println("a sentinel did not come out as it must");
            Runtime.getRuntime().halt(BETRAYED);
        }
        int status = report.end();
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(status);
    }

    private static final class Listener implements TestExecutionListener {
        private final Report report;
        private final Set<String> reported = new LinkedHashSet<>();
        boolean failingFailed;
        boolean passingPassed;
        private TestPlan plan;

        Listener(Report report) {
            this.report = report;
        }

        @Override
        public void testPlanExecutionStarted(TestPlan testPlan) {
            plan = testPlan;
        }

        @Override
        public void executionSkipped(TestIdentifier identifier, String reason) {
            each(identifier, "skipped", reason);
        }

        @Override
        public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
            TestExecutionResult.Status status = result.getStatus();
            String detail = result.getThrowable().map(Report::describe).orElse("");
            MethodSource method = methodOf(identifier);
            boolean successful = status == TestExecutionResult.Status.SUCCESSFUL;
            if (method != null && method.getClassName().equals(Failing.class.getName())) {
                failingFailed = status == TestExecutionResult.Status.FAILED;
                return;
            }
            if (method != null && method.getClassName().equals(Passing.class.getName())) {
                passingPassed = successful;
                return;
            }
            if (!successful && status == TestExecutionResult.Status.FAILED) {
                System.err.println(identifier.getDisplayName() + ": " + detail);
            }
            if (identifier.isTest()) {
                String outcome = successful ? "passed" : "failed";
                say(identifier, status == TestExecutionResult.Status.ABORTED ? "skipped" : outcome, detail);
            } else if (!successful) {
                each(identifier, status == TestExecutionResult.Status.ABORTED ? "skipped" : "errored", detail);
            }
        }

        /** Reports all tests of a container that have no outcome of their own. */
        private void each(TestIdentifier identifier, String outcome, String detail) {
            if (identifier.isTest() || plan.getChildren(identifier).isEmpty()) {
                say(identifier, outcome, detail);
            }
            for (TestIdentifier child : plan.getChildren(identifier)) {
                each(child, outcome, detail);
            }
        }

        private void say(TestIdentifier identifier, String outcome, String detail) {
            MethodSource method = methodOf(identifier);
            if (method == null || !reported.add(identifier.getUniqueId())) {
                return;
            }
            String className = method.getClassName();
            String simple = className.substring(className.lastIndexOf('.') + 1).replace('$', '.');
            report.test(simple + "." + method.getMethodName() + invocation(identifier), outcome, detail);
        }

        private static MethodSource methodOf(TestIdentifier identifier) {
            return identifier.getSource()
                    .filter(MethodSource.class::isInstance)
                    .map(MethodSource.class::cast)
                    .orElse(null);
        }

        /** `[2]` for the second invocation of a test that has several. */
        private static String invocation(TestIdentifier identifier) {
            List<String> numbers = new ArrayList<>();
            for (UniqueId.Segment segment : UniqueId.parse(identifier.getUniqueId()).getSegments()) {
                if (segment.getValue().startsWith("#")) {
                    numbers.add(segment.getValue().substring(1));
                }
            }
            String legacy = identifier.getLegacyReportingName();
            int bracket = legacy.indexOf('[');
            if (numbers.isEmpty() && identifier.getUniqueId().startsWith("[engine:junit-vintage]")) {
                return bracket < 0 ? "" : legacy.substring(bracket);
            }
            return numbers.isEmpty() ? "" : "[" + String.join(".", numbers) + "]";
        }
    }

    /** The sentinel that must fail. */
    public static final class Failing {
        @Test
        public void sentinel() {
            Assertions.assertEquals(Long.MIN_VALUE, System.nanoTime());
        }
    }

    /** The sentinel that must pass. */
    public static final class Passing {
        @Test
        public void sentinel() {
            Assertions.assertNotEquals(Long.MIN_VALUE, System.nanoTime());
        }
    }
}
