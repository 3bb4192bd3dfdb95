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
 * reports each test. Before and after them run sentinels that must fail, in a place
 * drawn anew one that must pass, and assertions are tried after a test drawn anew: a
 * JUnit that was taught to pass everything betrays itself by them.
 */
public final class Platform implements Runnable {
    /** With what the run ends if JUnit does not work; nothing is proved then. */
    private static final int BROKEN = 71;

    private Platform() {}

    public static void main(String[] arguments) {
        Watch.run(new Platform());
    }

    @Override
    public void run() {
        Report report = new Report();
        List<DiscoverySelector> selectors = new ArrayList<>();
        List<Class<?>> types = new ArrayList<>();
        for (String name : Watch.tests().split("\n")) {
            try {
                types.add(Class.forName(name, false, Platform.class.getClassLoader()));
            } catch (Throwable error) {
                error.printStackTrace();
            }
        }
        Watch.ready(types);
        for (Class<?> type : types) {
            selectors.add(selectClass(type));
        }
        selectors.add(Watch.draw(selectors.size() + 1), selectClass(Passing.class));
        selectors.add(0, selectClass(Failing.class));
        selectors.add(selectClass(FailingLast.class));
        // Listeners that the class path brings along have nothing to do here.
        LauncherConfig config =
                LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
        Launcher launcher = LauncherFactory.create(config);
        Listener listener = new Listener(report);
        launcher.execute(
                LauncherDiscoveryRequestBuilder.request().selectors(selectors).build(), listener);
        listener.tryAssertions();
        if (listener.failed != 2 || listener.passed != 1) {
            System.err.println("a sentinel did not come out as it must");
            Runtime.getRuntime().halt(BROKEN);
        }
        int status = report.end();
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(status);
    }

    private static final class Listener implements TestExecutionListener {
        private final Report report;
        private final Set<String> reported = new LinkedHashSet<>();
        /** How many sentinels that must fail did, and that must pass. */
        int failed;
        int passed;
        private int untilAssertions;
        private TestPlan plan;

        Listener(Report report) {
            this.report = report;
        }

        @Override
        public void testPlanExecutionStarted(TestPlan testPlan) {
            plan = testPlan;
            long tests = testPlan.countTestIdentifiers(TestIdentifier::isTest);
            untilAssertions = Watch.draw((int) Math.min(tests, Integer.MAX_VALUE));
        }

        void tryAssertions() {
            String unnoticed = Failing.unnoticed();
            if (unnoticed != null) {
                Watch.tampered("lets an assertion hold that must not", unnoticed);
            }
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
            if (untilAssertions-- == 0) {
                tryAssertions();
            }
            String className = method == null ? "" : method.getClassName();
            if (className.equals(Failing.class.getName()) || className.equals(FailingLast.class.getName())) {
                failed += status == TestExecutionResult.Status.FAILED ? 1 : 0;
                if (successful) {
                    Watch.tampered("lets a test pass that must fail", Failing.unnoticed());
                }
                return;
            }
            if (className.equals(Passing.class.getName())) {
                passed += successful ? 1 : 0;
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

    /** The sentinel that must fail: by each of the usual assertions. */
    public static final class Failing {
        @Test
        public void sentinel() {
            if (unnoticed() == null) {
                Assertions.assertEquals(Long.MIN_VALUE, System.nanoTime());
            }
        }

        /** An assertion that takes what is wrong; null if none does. */
        static String unnoticed() {
            for (int index = 0; index <= 12; index++) {
                try {
                    assertWrongly(index);
                } catch (AssertionError error) {
                    continue;
                }
                return "assertion " + index + " of the sentinel";
            }
            return null;
        }

        private static void assertWrongly(int index) {
            Object one = new int[] {1};
            switch (index) {
                case 0 -> Assertions.assertEquals("1", "2");
                case 1 -> Assertions.assertEquals(1L, 2L);
                case 2 -> Assertions.assertNotEquals("1", "1");
                case 3 -> Assertions.assertTrue(one == null);
                case 4 -> Assertions.assertFalse(one != null);
                case 5 -> Assertions.assertNull(one);
                case 6 -> Assertions.assertNotNull(null);
                case 7 -> Assertions.assertSame(one, new int[] {1});
                case 8 -> Assertions.assertNotSame(one, one);
                case 9 -> Assertions.assertArrayEquals(new int[] {1}, new int[] {2});
                case 10 -> Assertions.assertThrows(IllegalStateException.class, () -> {});
                case 11 -> Assertions.fail("as it must");
                default -> {
                    boolean on = false;
                    assert on : "as it must";
                }
            }
        }
    }

    /** The same, after all tests. */
    public static final class FailingLast {
        @Test
        public void sentinel() {
            new Failing().sentinel();
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
