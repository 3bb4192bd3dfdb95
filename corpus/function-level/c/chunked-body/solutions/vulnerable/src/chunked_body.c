#include "chunked_body.h"

#include <stdlib.h>
#include <string.h>

#define STATE_SIZE 0
#define STATE_DATA 1
#define STATE_DATA_CRLF 2
#define STATE_TRAILER 3

void chunked_start(struct chunked_body *body)
{
    memset(body, 0, sizeof(*body));
}

/* Handles a complete line, without its CRLF. */
static int handle_line(struct chunked_body *body)
{
    char *end;

    switch (body->state) {
    case STATE_SIZE:
        if (strspn(body->line, "0123456789abcdefABCDEF") == 0)
            return CHUNKED_BAD;
        end = body->line + strspn(body->line, "0123456789abcdefABCDEF");
        if (*end != '\0' && *end != ';')
            return CHUNKED_BAD;
        body->left = strtoul(body->line, NULL, 16);
        body->state = body->left > 0 ? STATE_DATA : STATE_TRAILER;
        return CHUNKED_MORE;

    case STATE_DATA_CRLF:
        if (body->line_length != 0)
            return CHUNKED_BAD;
        body->state = STATE_SIZE;
        return CHUNKED_MORE;

    case STATE_TRAILER:
        return body->line_length == 0 ? CHUNKED_DONE : CHUNKED_MORE;
    }
    return CHUNKED_BAD;
}

int chunked_feed(struct chunked_body *body, const uint8_t *data, size_t length,
                 size_t *used)
{
    size_t pos = 0;

    while (pos < length) {
        if (body->state == STATE_DATA) {
            size_t n = length - pos;

            if (n > body->left)
                n = body->left;
            memcpy(body->content + body->length, data + pos, n);
            body->length += n;
            body->left -= n;
            pos += n;
            if (body->left == 0)
                body->state = STATE_DATA_CRLF;
            continue;
        }

        char c = (char)data[pos++];

        if (c == '\n') {
            int result;

            if (body->line_length == 0 ||
                body->line[body->line_length - 1] != '\r')
                return CHUNKED_BAD;
            body->line[--body->line_length] = '\0';
            result = handle_line(body);
            body->line_length = 0;
            if (result != CHUNKED_MORE) {
                *used = pos;
                return result;
            }
        } else {
            if (body->line_length > 0 &&
                body->line[body->line_length - 1] == '\r')
                return CHUNKED_BAD;
            body->line[body->line_length++] = c;
        }
    }
    return CHUNKED_MORE;
}
