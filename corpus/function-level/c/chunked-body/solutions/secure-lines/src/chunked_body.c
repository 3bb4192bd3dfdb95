/* Collects each line before looking at it, and copies content in bulk. */
#include "chunked_body.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { SIZE_LINE, CONTENT, CONTENT_LINE, TRAILER_LINE };

void chunked_start(struct chunked_body *body)
{
    memset(body, 0, sizeof *body);
}

/* Adds a byte to the line. False if the line is malformed or has no room. */
static bool add_to_line(struct chunked_body *body, char c)
{
    bool after_return = body->line_length > 0 && body->line[body->line_length - 1] == '\r';

    if (after_return != (c == '\n'))
        return false;
    if (c == '\n')
        return true;
    if (body->line_length == CHUNKED_LINE)
        return false;
    body->line[body->line_length++] = c;
    return true;
}

static bool read_size(struct chunked_body *body)
{
    const char *end = body->line + body->line_length - 1; /* at the \r */
    const char *next = body->line;
    const char *extension = memchr(body->line, ';', body->line_length);

    if (extension != NULL)
        end = extension;
    if (next == end)
        return false;
    for (body->left = 0; next < end; next++) {
        int c = tolower((unsigned char)*next);

        if (!isxdigit(c))
            return false;
        body->left = body->left << 4 | (size_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
        if (body->left > CHUNKED_CAPACITY)
            return false;
    }
    return body->left <= CHUNKED_CAPACITY - body->length;
}

static int end_line(struct chunked_body *body)
{
    bool empty = body->line_length == 1;

    switch (body->state) {
    case SIZE_LINE:
        if (!read_size(body))
            return CHUNKED_BAD;
        body->state = body->left == 0 ? TRAILER_LINE : CONTENT;
        break;
    case CONTENT_LINE:
        if (!empty)
            return CHUNKED_BAD;
        body->state = SIZE_LINE;
        break;
    default:
        if (empty)
            return CHUNKED_DONE;
    }
    body->line_length = 0;
    return CHUNKED_MORE;
}

int chunked_feed(struct chunked_body *body, const uint8_t *data, size_t length, size_t *used)
{
    const uint8_t *next = data;
    const uint8_t *end = data + length;

    while (next < end) {
        int result;

        if (body->state == CONTENT) {
            size_t part = (size_t)(end - next) < body->left ? (size_t)(end - next) : body->left;

            memcpy(body->content + body->length, next, part);
            next += part;
            body->length += part;
            body->left -= part;
            if (body->left == 0)
                body->state = CONTENT_LINE;
            continue;
        }
        if (!add_to_line(body, (char)*next))
            return CHUNKED_BAD;
        if (*next++ != '\n')
            continue;
        result = end_line(body);
        if (result != CHUNKED_MORE) {
            *used = (size_t)(next - data);
            return result;
        }
    }
    return CHUNKED_MORE;
}
