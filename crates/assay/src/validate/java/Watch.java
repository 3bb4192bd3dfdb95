package assay.harness;

/**
 * The harness's side of the library that watches the virtual machine. The library has
 * the report channel and the nonce; it takes lines from the thread that asked for the
 * tests first, and only where no tested code is on its stack.
 */
final class Watch {
    private Watch() {}

    /** The names of the classes to run, a line each. Answered once. */
    static native String tests();

    /** Says that the classes of tests are loaded, and nobody else reads them from here on. */
    static native void ready();

    /** A number below a bound, drawn anew for each run. */
    static native int draw(int bound);

    /** Writes a line with these members of JSON. */
    static native void say(String members);

    /** Says that there was a sign of tampering; {@code place} may be null. */
    static native void tampered(String what, String place);

    /** Looks at what the tests have left, before the report ends. */
    static native void finish();
}
