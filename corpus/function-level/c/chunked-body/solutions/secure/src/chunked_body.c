#include "chunked_body.h"

enum state {
    SIZE_FIRST,     /* before the first digit */
    SIZE,
    EXTENSION,
    SIZE_END,       /* between \r and \n of a size line */
    CONTENT,
    CONTENT_RETURN,
    CONTENT_END,
    TRAILER_FIRST,  /* at the start of a line after the last chunk */
    TRAILER,
    TRAILER_END,
    LAST_END
};

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void chunked_start(struct chunked_body *body)
{
    body->length = 0;
    body->state = SIZE_FIRST;
    body->left = 0;
}

/* Takes a byte of a size line; a size that does not fit any more is refused
 * at the digit that makes it so. */
static int take_size(struct chunked_body *body, uint8_t c)
{
    int digit = digit_of(c);

    if (digit >= 0) {
        body->left = body->left * 16 + (size_t)digit;
        if (body->left > CHUNKED_CAPACITY - body->length)
            return CHUNKED_BAD;
        body->state = SIZE;
        return CHUNKED_MORE;
    }
    if (body->state == SIZE_FIRST)
        return CHUNKED_BAD;
    if (c == ';')
        body->state = EXTENSION;
    else if (c == '\r')
        body->state = SIZE_END;
    else
        return CHUNKED_BAD;
    return CHUNKED_MORE;
}

static int expect(struct chunked_body *body, uint8_t c, uint8_t wanted, int next)
{
    body->state = next;
    return c == wanted ? CHUNKED_MORE : CHUNKED_BAD;
}

static int take_rest_of_line(struct chunked_body *body, uint8_t c, int next)
{
    if (c == '\n')
        return CHUNKED_BAD;
    if (c == '\r')
        body->state = next;
    return CHUNKED_MORE;
}

static int take(struct chunked_body *body, uint8_t c)
{
    switch (body->state) {
    case SIZE_FIRST:
    case SIZE:
        return take_size(body, c);
    case EXTENSION:
        return take_rest_of_line(body, c, SIZE_END);
    case SIZE_END:
        return expect(body, c, '\n', body->left > 0 ? CONTENT : TRAILER_FIRST);
    case CONTENT:
        body->content[body->length++] = c;
        if (--body->left == 0)
            body->state = CONTENT_RETURN;
        return CHUNKED_MORE;
    case CONTENT_RETURN:
        return expect(body, c, '\r', CONTENT_END);
    case CONTENT_END:
        return expect(body, c, '\n', SIZE_FIRST);
    case TRAILER_FIRST:
        body->state = c == '\r' ? LAST_END : TRAILER;
        return c == '\n' ? CHUNKED_BAD : CHUNKED_MORE;
    case TRAILER:
        return take_rest_of_line(body, c, TRAILER_END);
    case TRAILER_END:
        return expect(body, c, '\n', TRAILER_FIRST);
    default:
        return c == '\n' ? CHUNKED_DONE : CHUNKED_BAD;
    }
}

int chunked_feed(struct chunked_body *body, const uint8_t *data, size_t length,
                 size_t *used)
{
    for (size_t i = 0; i < length; i++) {
        int result = take(body, data[i]);

        if (result != CHUNKED_MORE) {
            *used = i + 1;
            return result;
        }
    }
    return CHUNKED_MORE;
}
