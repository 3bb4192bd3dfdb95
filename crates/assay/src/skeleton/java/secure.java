package com.example.{{flat}};

public final class {{pascal}} {
    private {{pascal}}() {}

    public static String {{camel}}(String value) {
        throw new UnsupportedOperationException("TO BE WRITTEN: a solution that does what the brief says, and that no attack harms");
    }
}
