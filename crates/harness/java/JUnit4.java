package assay.harness;

import java.util.ArrayList;
import java.util.List;
import org.junit.Assert;
import org.junit.Test;
import org.junit.internal.runners.ErrorReportingRunner;
import org.junit.runner.Description;
import org.junit.runner.Request;
import org.junit.runner.Runner;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;
import org.junit.runner.notification.RunNotifier;

/**
 * Runs classes of JUnit 4 tests and reports each test. Before and after them, and
 * between two of them, drawn anew, run sentinels, one that must fail and one that must
 * pass: a JUnit that was taught to pass everything betrays itself by them.
 */
public final class JUnit4 implements Runnable {
    /** With what the run ends if JUnit does not work; nothing is proved then. */
    private static final int BROKEN = 71;

    private JUnit4() {}

    public static void main(String[] arguments) {
        Watch.run(new JUnit4());
    }

    @Override
    public void run() {
        String[] classes = Watch.tests().split("\n");
        Report report = new Report();
        List<Class<?>> types = new ArrayList<>();
        for (String name : classes) {
            try {
                types.add(Class.forName(name, false, JUnit4.class.getClassLoader()));
            } catch (Throwable error) {
                error.printStackTrace();
            }
        }
        Watch.ready(types);
        List<Runner> runners = new ArrayList<>();
        List<Description> tests = new ArrayList<>();
        for (Class<?> type : types) {
            Runner runner;
            try {
                runner = Request.aClass(type).getRunner();
            } catch (Throwable error) {
                error.printStackTrace();
                continue;
            }
            runners.add(runner);
            if (!(runner instanceof ErrorReportingRunner)) {
                collect(runner.getDescription(), tests);
            }
        }
        Listener listener = new Listener(report, Watch.draw(Math.max(tests.size(), 1)));
        listener.runSentinels();
        for (Runner runner : runners) {
            RunNotifier notifier = new RunNotifier();
            notifier.addListener(listener);
            runner.run(notifier);
        }
        for (Description test : tests) {
            String name = Listener.name(test);
            if (!report.knows(name)) {
                report.test(name, "errored", listener.classFailure);
            }
        }
        listener.runSentinels();
        if (!listener.works) {
            System.err.println("a sentinel did not come out as it must");
            Runtime.getRuntime().halt(BROKEN);
        }
        int status = report.end();
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(status);
    }

    private static void collect(Description description, List<Description> tests) {
        if (description.isTest()) {
            tests.add(description);
        }
        for (Description child : description.getChildren()) {
            collect(child, tests);
        }
    }

    private static final class Listener extends RunListener {
        private final Report report;
        private final int sentinelPlace;
        private int finished;
        boolean works = true;
        String classFailure = "it was not run";
        private String outcome = "passed";
        private String detail = "";

        Listener(Report report, int sentinelPlace) {
            this.report = report;
            this.sentinelPlace = sentinelPlace;
        }

        static String name(Description test) {
            String className = test.getClassName();
            String simple = className.substring(className.lastIndexOf('.') + 1);
            return simple.replace('$', '.') + "." + test.getMethodName();
        }

        @Override
        public void testStarted(Description description) {
            outcome = "passed";
            detail = "";
        }

        @Override
        public void testFailure(Failure failure) {
            String thrown = Report.describe(failure.getException());
            System.err.println(failure.getDescription() + ": " + thrown);
            if (!failure.getDescription().isTest() || failure.getDescription().getMethodName() == null) {
                classFailure = thrown;
            } else if (!outcome.equals("failed")) {
                outcome = "failed";
                detail = thrown;
            }
        }

        @Override
        public void testAssumptionFailure(Failure failure) {
            if (outcome.equals("passed")) {
                outcome = "skipped";
                detail = Report.describe(failure.getException());
            }
        }

        @Override
        public void testIgnored(Description description) {
            List<Description> ignored = new ArrayList<>();
            collect(description, ignored);
            for (Description test : ignored) {
                if (test.getMethodName() != null) {
                    report.test(name(test), "skipped", "");
                }
            }
        }

        @Override
        public void testFinished(Description description) {
            report.test(name(description), outcome, detail);
            if (finished++ == sentinelPlace) {
                runSentinels();
            }
        }

        void runSentinels() {
            Outcome failing = Outcome.of(Failing.class);
            Outcome passing = Outcome.of(Passing.class);
            if (failing.finished == 1 && failing.failures == 0) {
                Watch.tampered("lets a test pass that must fail", Failing.unnoticed());
            }
            works &= failing.failures == 1 && passing.failures == 0 && passing.finished == 1;
        }
    }

    /** What came of a class of one test. */
    private static final class Outcome extends RunListener {
        int failures;
        int finished;

        static Outcome of(Class<?> sentinel) {
            Outcome outcome = new Outcome();
            RunNotifier notifier = new RunNotifier();
            notifier.addListener(outcome);
            Request.aClass(sentinel).getRunner().run(notifier);
            return outcome;
        }

        @Override
        public void testFailure(Failure failure) {
            failures++;
        }

        @Override
        public void testFinished(Description description) {
            finished++;
        }
    }

    /** The sentinel that must fail: by each of the usual assertions. */
    public static final class Failing {
        @Test
        public void sentinel() {
            if (unnoticed() == null) {
                Assert.assertEquals(Long.MIN_VALUE, System.nanoTime());
            }
        }

        /** An assertion that takes what is wrong; null if none does. */
        static String unnoticed() {
            for (int index = 0; index <= 11; index++) {
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
                case 0 -> Assert.assertEquals("1", "2");
                case 1 -> Assert.assertEquals(1L, 2L);
                case 2 -> Assert.assertNotEquals("1", "1");
                case 3 -> Assert.assertTrue(one == null);
                case 4 -> Assert.assertFalse(one != null);
                case 5 -> Assert.assertNull(one);
                case 6 -> Assert.assertNotNull(null);
                case 7 -> Assert.assertSame(one, new int[] {1});
                case 8 -> Assert.assertNotSame(one, one);
                case 9 -> Assert.assertArrayEquals(new int[] {1}, new int[] {2});
                case 10 -> Assert.fail("as it must");
                default -> {
                    boolean on = false;
                    assert on : "as it must";
                }
            }
        }
    }

    /** The sentinel that must pass. */
    public static final class Passing {
        @Test
        public void sentinel() {
            Assert.assertNotEquals(Long.MIN_VALUE, System.nanoTime());
        }
    }
}
