/* The body of an HTTP request in chunked transfer coding, collected as it arrives. */
#ifndef CHUNKED_BODY_H
#define CHUNKED_BODY_H

#include <stddef.h>
#include <stdint.h>

#define CHUNKED_LINE 80         /* room for a line, for decoders that keep one */
#define CHUNKED_CAPACITY 512    /* room for the content */

enum chunked_result {
    CHUNKED_BAD = -1,
    CHUNKED_MORE = 0,
    CHUNKED_DONE = 1
};

struct chunked_body {
    size_t length;              /* bytes of content so far */

    /* For the decoder alone, which may use them as it likes. */
    int state;
    size_t left;
    size_t line_length;
    char line[CHUNKED_LINE];

    uint8_t content[CHUNKED_CAPACITY];
};

/* Prepares for the first byte of a body. */
void chunked_start(struct chunked_body *body);

/* Takes the next `length` bytes of the connection. Returns CHUNKED_MORE if the
 * body goes on after them; CHUNKED_DONE if it ends in them, with the number of
 * bytes that belong to it in *used; CHUNKED_BAD if it is malformed. */
int chunked_feed(struct chunked_body *body, const uint8_t *data, size_t length,
                 size_t *used);

#endif
