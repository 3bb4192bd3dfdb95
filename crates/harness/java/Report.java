package assay.harness;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Reports each test. */
final class Report {
    private static final int MAX_DETAIL = 2000;
    private static final int MAX_FRAMES = 4;

    private final Map<String, String> outcomes = new LinkedHashMap<>();
    private final Map<String, String> settings = settings();

    /** The system properties that tell JUnit what to do: it asks for them at any time. */
    private static Map<String, String> settings() {
        Map<String, String> settings = new TreeMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("junit.")) {
                settings.put(name, System.getProperty(name));
            }
        }
        return settings;
    }

    boolean knows(String test) {
        return outcomes.containsKey(test);
    }

    synchronized void test(String name, String outcome, String detail) {
        outcomes.put(name, outcome);
        Watch.say("\"test\":" + quote(name) + ",\"outcome\":\"" + outcome + "\",\"detail\":" + quote(detail));
        if (System.getProperties().getClass() != Properties.class || !settings.equals(settings())) {
            Watch.tampered("changes what JUnit is told by system properties", name);
        }
    }

    /** Ends the report, and answers the exit status that agrees with it. */
    synchronized int end() {
        boolean passed = !outcomes.isEmpty();
        for (String outcome : outcomes.values()) {
            passed &= outcome.equals("passed") || outcome.equals("skipped");
        }
        // What fails is judged by its tests, whatever an attack of theirs left behind.
        passed = passed && Watch.settle();
        Watch.say("\"end\":" + outcomes.size());
        return passed ? 0 : 1;
    }

    /** What was thrown, its causes, and where. */
    static String describe(Throwable thrown) {
        StringBuilder text = new StringBuilder();
        try {
            for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                text.append(text.length() == 0 ? "" : "\ncaused by: ").append(cause);
                int frames = 0;
                for (StackTraceElement frame : cause.getStackTrace()) {
                    if (isOfTheProject(frame.getClassName()) && frames++ < MAX_FRAMES) {
                        text.append("\n    at ").append(frame);
                    }
                }
                if (cause.getCause() == cause || text.length() > MAX_DETAIL) {
                    break;
                }
            }
        } catch (Throwable error) {
            // What was thrown may be of a class of the tested code.
            text.append("an exception that cannot be described: ").append(thrown.getClass());
        }
        return text.length() > MAX_DETAIL ? text.substring(0, MAX_DETAIL) : text.toString();
    }

    private static boolean isOfTheProject(String className) {
        String[] others = {"java.", "javax.", "jdk.", "sun.", "org.junit.", "junit.", "assay.harness."};
        for (String other : others) {
            if (className.startsWith(other)) {
                return false;
            }
        }
        return true;
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int place = 0; place < text.length(); place++) {
            char c = text.charAt(place);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                String digits = Integer.toHexString(Character.isSurrogate(c) ? 0xfffd : c);
                quoted.append("\\u").append("0000", 0, 4 - digits.length()).append(digits);
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
