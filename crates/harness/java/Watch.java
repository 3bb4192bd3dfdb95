package assay.harness;

import java.util.ArrayList;
import java.util.List;

/**
 * The harness's side of the library that watches the virtual machine. The library has
 * the report channel and the nonce; it takes lines from the thread that asked for the
 * tests first, and only where no tested code is on its stack.
 */
final class Watch {
    private static final int GRACE_MILLISECONDS = 200;

    private Watch() {}

    /** The names of the classes to run, a line each. Answered once. */
    static native String tests();

    /** The names of the other classes of the suite, a line each. */
    private static native String parts();

    /** Makes what the other suite makes and this one does not, and names it, a line each. */
    private static native String decoys();

    /**
     * Says what the suite's classes are. They are loaded now, and nobody else reads their
     * files from here on.
     */
    private static native void know(Class<?>[] classes);

    /** Loads the rest of the suite's classes, and makes all of them known. */
    static void ready(List<Class<?>> types) {
        List<Class<?>> all = new ArrayList<>(types);
        for (String name : parts().split("\n")) {
            try {
                if (!name.isEmpty()) {
                    all.add(Class.forName(name.replace('/', '.'), false, Watch.class.getClassLoader()));
                }
            } catch (Throwable error) {
                // The test that needs it will say so.
            }
        }
        know(all.toArray(new Class<?>[0]));
        if (decoys().contains("server")) {
            // What the platform's HTTP server has, for a suite without one.
            for (String name : new String[] {"HTTP-Dispatcher", "server-timer"}) {
                Thread thread = new Thread(new Waiting(), name);
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    private static final class Waiting implements Runnable {
        @Override
        public synchronized void run() {
            while (true) {
                try {
                    wait();
                } catch (InterruptedException error) {
                    return;
                }
            }
        }
    }

    /**
     * Runs the tests in a thread of their own, whose number is drawn: in some suites they
     * run in JUnit's threads.
     */
    static void run(Runnable tests) {
        Thread thread = null;
        for (int left = draw(64); left >= 0; left--) {
            thread = new Thread(tests, "main");
        }
        thread.start();
    }

    /** A number below a bound, drawn anew for each run. */
    static native int draw(int bound);

    /** Writes a line with these members of JSON. */
    static native void say(String members);

    /** Says that there was a sign of tampering; {@code place} may be null. */
    static native void tampered(String what, String place);

    /**
     * Tasks that the tested code has left for later, once what it does from here on is
     * looked at; null if it is not about to do anything.
     */
    private static native Runnable[] pending();

    /** Says that a thread is the tested code's. */
    private static native void adopt(Thread thread);

    /** Whether the tested code did nothing more when the tests were over. */
    private static native boolean finish();

    /** Has what was left for later done now, and says whether it did nothing more. */
    static boolean settle() {
        Runnable[] tasks = pending();
        List<Thread> threads = new ArrayList<>();
        for (Runnable task : tasks == null ? new Runnable[0] : tasks) {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            adopt(thread);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            try {
                thread.join(GRACE_MILLISECONDS);
            } catch (InterruptedException error) {
                return false;
            }
        }
        return finish();
    }
}
