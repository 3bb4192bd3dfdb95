#include "chunked_body.h"

enum {
    S_SIZE_START, S_SIZE, S_EXT, S_SIZE_LF, S_DATA, S_DATA_CR, S_DATA_LF,
    S_TRAILER_START, S_TRAILER, S_TRAILER_LF, S_END_LF
};

void chunked_start(struct chunked_body *body)
{
    body->length = 0;
    body->left = 0;
    body->state = S_SIZE_START;
}

static int hex(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int step(struct chunked_body *body, int c)
{
    int size;

    switch (body->state) {
    case S_SIZE_START:
        if (hex(c) < 0)
            return CHUNKED_BAD;
        body->left = 0;
        body->state = S_SIZE;
        /* fall through */
    case S_SIZE:
        if (hex(c) >= 0) {
            body->left = (uint32_t)(body->left << 4 | (size_t)hex(c));
        } else if (c == ';') {
            body->state = S_EXT;
        } else if (c == '\r') {
            body->state = S_SIZE_LF;
        } else {
            return CHUNKED_BAD;
        }
        return CHUNKED_MORE;
    case S_EXT:
        if (c == '\r')
            body->state = S_SIZE_LF;
        return c == '\n' ? CHUNKED_BAD : CHUNKED_MORE;
    case S_SIZE_LF:
        if (c != '\n')
            return CHUNKED_BAD;
        size = (int)body->left;
        if (size > CHUNKED_CAPACITY)
            return CHUNKED_BAD;
        body->state = body->left > 0 ? S_DATA : S_TRAILER_START;
        return CHUNKED_MORE;
    case S_DATA:
        *(body->content + body->length) = (uint8_t)c;
        body->length++;
        if (--body->left == 0)
            body->state = S_DATA_CR;
        return CHUNKED_MORE;
    case S_DATA_CR:
        body->state = S_DATA_LF;
        return c == '\r' ? CHUNKED_MORE : CHUNKED_BAD;
    case S_DATA_LF:
        body->state = S_SIZE_START;
        return c == '\n' ? CHUNKED_MORE : CHUNKED_BAD;
    case S_TRAILER_START:
        body->state = c == '\r' ? S_END_LF : S_TRAILER;
        return c == '\n' ? CHUNKED_BAD : CHUNKED_MORE;
    case S_TRAILER:
        if (c == '\r')
            body->state = S_TRAILER_LF;
        return c == '\n' ? CHUNKED_BAD : CHUNKED_MORE;
    case S_TRAILER_LF:
        body->state = S_TRAILER_START;
        return c == '\n' ? CHUNKED_MORE : CHUNKED_BAD;
    case S_END_LF:
        return c == '\n' ? CHUNKED_DONE : CHUNKED_BAD;
    }
    return CHUNKED_BAD;
}

int chunked_feed(struct chunked_body *body, const uint8_t *data, size_t length,
                 size_t *used)
{
    for (*used = 0; *used < length; ) {
        int result = step(body, data[(*used)++]);

        if (result != CHUNKED_MORE)
            return result;
    }
    return CHUNKED_MORE;
}
