package com.example.{{flat}};

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.api.Test;

class {{pascal}}SecurityTest {
    @Test
    void itResistsTheAttack() {
        fail("TO BE WRITTEN: attacks that are carried out, and whose effects are looked for");
        assertThrows(IllegalArgumentException.class, () -> {{pascal}}.{{camel}}("a value of an attacker"));
    }
}
