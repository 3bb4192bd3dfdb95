package assay.harness;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reports each test on file descriptor 3, under the nonce that file descriptor 4
 * held. No field outside of the one object leads to the nonce.
 */
final class Report {
    private static final int REPORT_CHANNEL = 3;
    private static final int NONCE_CHANNEL = 4;
    private static final int NONCE_LENGTH = 32;
    private static final int MAX_DETAIL = 2000;
    private static final int MAX_FRAMES = 4;

    private final FileOutputStream channel;
    private final String nonce;
    private final Map<String, String> outcomes = new LinkedHashMap<>();

    private Report(FileOutputStream channel, String nonce) {
        this.channel = channel;
        this.nonce = nonce;
    }

    /** Takes the nonce, and closes the channel that it came on. */
    static Report open() throws Exception {
        byte[] nonce = new byte[NONCE_LENGTH];
        try (FileInputStream input = new FileInputStream(descriptor(NONCE_CHANNEL))) {
            for (int place = 0; place < NONCE_LENGTH; place++) {
                nonce[place] = (byte) input.read();
            }
        }
        FileOutputStream channel = new FileOutputStream(descriptor(REPORT_CHANNEL));
        return new Report(channel, new String(nonce, StandardCharsets.US_ASCII));
    }

    /** The platform opens files by name only; the descriptors are open already. */
    @SuppressWarnings("deprecation")
    private static FileDescriptor descriptor(int number) throws Exception {
        Field instance = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
        instance.setAccessible(true);
        sun.misc.Unsafe unsafe = (sun.misc.Unsafe) instance.get(null);
        FileDescriptor descriptor = new FileDescriptor();
        long place = unsafe.objectFieldOffset(FileDescriptor.class.getDeclaredField("fd"));
        unsafe.putInt(descriptor, place, number);
        return descriptor;
    }

    /** A number below a bound, drawn with the nonce: it is as good as any chance. */
    int draw(int salt, int bound) {
        return Integer.parseUnsignedInt(nonce.substring(8 * salt, 8 * salt + 7), 16) % bound;
    }

    boolean knows(String test) {
        return outcomes.containsKey(test);
    }

    synchronized void test(String name, String outcome, String detail) {
        outcomes.put(name, outcome);
        say("\"test\":" + quote(name) + ",\"outcome\":\"" + outcome + "\",\"detail\":" + quote(detail));
    }

    /** Ends the report, and answers the exit status that agrees with it. */
    synchronized int end() {
        say("\"end\":" + outcomes.size());
        boolean passed = !outcomes.isEmpty();
        for (String outcome : outcomes.values()) {
            passed &= outcome.equals("passed") || outcome.equals("skipped");
        }
        return passed ? 0 : 1;
    }

    private void say(String members) {
        String line = "{\"nonce\":\"" + nonce + "\"," + members + "}\n";
        try {
            channel.write(line.getBytes(StandardCharsets.UTF_8));
        } catch (IOException error) {
            // What is not reported is not proved.
        }
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
        } catch (RuntimeException | StackOverflowError error) {
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
