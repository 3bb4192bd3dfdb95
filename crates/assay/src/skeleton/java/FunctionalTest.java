package com.example.{{flat}};

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.api.Test;

class {{pascal}}Test {
    @Test
    void itDoesWhatTheBriefSays() throws Exception {
        fail("TO BE WRITTEN: a test for each thing that the brief says");
        assertEquals("result", {{pascal}}.{{camel}}("value"));
    }
}
