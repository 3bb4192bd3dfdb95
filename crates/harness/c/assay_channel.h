/* What a test's process and its supervisor say to each other, in messages whose
 * sizes tell them apart: the socket keeps their bounds.
 *
 *     test        ready: none of the artifact has run yet
 *     supervisor  task: which test it is
 *     test        ready: the test has returned
 *     supervisor  proof: what to try, and a token
 *     test        answer: what came of it, and the token
 *
 * Both times when it says that it is ready the test waits in assay_wait: the supervisor
 * looks at it there, from outside.
 */
#ifndef ASSAY_CHANNEL_H
#define ASSAY_CHANNEL_H

#include <stdint.h>

enum { ASSAY_TEST_CHANNEL = 213, ASSAY_TOKEN_LENGTH = 16 };

struct assay_ready {
    uint64_t nothing;
};

struct assay_task {
    uint64_t place;             /* where the state lies */
    uint64_t token;             /* goes into it */
    uint64_t text;              /* where the program's code begins, from its base */
    uint64_t text_size;
    uint64_t number;            /* of the test */
};

/* How far a test's process has come (assay_gate.h). */
struct assay_state {
    uint64_t depth;             /* of the calls that are open, ASSAY_STATE_SIZE for none */
    uint64_t token;
    uint64_t step;              /* ASSAY_STEPS after all of them */
    uint64_t is_broken;         /* whether something was done that breaks the proof */
};

enum { ASSAY_STATE_SIZE = 0x100, ASSAY_STEPS = 3 };

struct assay_proof {
    uint8_t probe;              /* an assay_probe */
    char token[ASSAY_TOKEN_LENGTH];
};

struct assay_answer {
    uint8_t sense;              /* an assay_sense */
    char token[ASSAY_TOKEN_LENGTH];
};

/* Instead of any of these, from a test that does what no test has to do. */
struct assay_betrayal {
    uint16_t what;
};

enum { ASSAY_OPENED = 1, ASSAY_REACHED, ASSAY_CALLED, ASSAY_FORGED, ASSAY_BETRAYALS };

/* A thing that must not go well, tried in a child of the test's process after the
 * test has returned. */
enum assay_probe {
    ASSAY_READS_BEYOND,
    ASSAY_COPIES_BEYOND,
    ASSAY_USES_FREED,
    ASSAY_WRITES_BEYOND_STACK,
    ASSAY_READS_BEYOND_GLOBAL,
    ASSAY_FAILS_A_CHECK,
    ASSAY_ABORTS,
    ASSAY_PROBES
};

/* What a test's process finds of itself after the test. */
enum assay_sense {
    ASSAY_SOUND,
    ASSAY_COMPARES_WRONGLY,
    ASSAY_POISONS_NOTHING,
    ASSAY_SURVIVES,             /* the probe did no harm */
    ASSAY_CANNOT_FORK,
    ASSAY_SENSES
};

#endif
