package assay.harness;

import java.util.ArrayList;
import java.util.List;
import org.junit.Test;
import org.junit.internal.runners.ErrorReportingRunner;
import org.junit.runner.Description;
import org.junit.runner.Request;
import org.junit.runner.Runner;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;
import org.junit.runner.notification.RunNotifier;

/**
 * Runs classes of JUnit 4 tests and reports each test. Between two of them, drawn
 * anew, run sentinels, one that must fail and one that must pass: a JUnit that was
 * taught to pass everything betrays itself by them.
 */
public final class JUnit4 {
    private static final int BETRAYED = 71;

    private JUnit4() {}

    public static void main(String[] classes) throws Exception {
        Report report = Report.open();
        List<Runner> runners = new ArrayList<>();
        List<Description> tests = new ArrayList<>();
        for (String name : classes) {
            Runner runner;
            try {
                Class<?> type = Class.forName(name, false, JUnit4.class.getClassLoader());
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
        Listener listener = new Listener(report, report.draw(0, Math.max(tests.size(), 1)));
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
        if (listener.finished > 0 && !listener.sentinelsHeld) {
            System.err.println("a sentinel did not come out as it must");
            Runtime.getRuntime().halt(BETRAYED);
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
        int finished;
        boolean sentinelsHeld;
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
                sentinelsHeld = fails(Failing.class) && !fails(Passing.class);
            }
        }

        private static boolean fails(Class<?> sentinel) {
            int[] seen = new int[2];
            RunNotifier notifier = new RunNotifier();
            notifier.addListener(new RunListener() {
                @Override
                public void testFailure(Failure failure) {
                    seen[0]++;
                }

                @Override
                public void testFinished(Description description) {
                    seen[1]++;
                }
            });
            Request.aClass(sentinel).getRunner().run(notifier);
            // A sentinel that did not run counts as the wrong outcome of either.
            return sentinel == Failing.class ? seen[0] == 1 && seen[1] == 1 : seen[0] > 0 || seen[1] != 1;
        }
    }

    /** The sentinel that must fail. */
    public static final class Failing {
        @Test
        public void sentinel() {
            org.junit.Assert.assertEquals(Long.MIN_VALUE, System.nanoTime());
        }
    }

    /** The sentinel that must pass. */
    public static final class Passing {
        @Test
        public void sentinel() {
            org.junit.Assert.assertNotEquals(Long.MIN_VALUE, System.nanoTime());
        }
    }
}
