#include "json_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INITIAL_CAPACITY 256

void json_init(struct json_writer *writer)
{
    memset(writer, 0, sizeof(*writer));
}

/* Makes sure that `extra` more characters fit. */
static int ensure(struct json_writer *writer, size_t extra)
{
    size_t needed = writer->length + extra + 1;
    size_t capacity = writer->capacity ? writer->capacity : INITIAL_CAPACITY;
    char *text;

    if (needed > JSON_MAX + 1)
        return -1;
    if (needed <= writer->capacity)
        return 0;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > JSON_MAX + 1)
        capacity = JSON_MAX + 1;

    text = realloc(writer->text, capacity);
    if (text == NULL)
        return -1;
    if (writer->text == NULL)
        text[0] = '\0';
    writer->text = text;
    writer->capacity = (uint16_t)capacity;
    return 0;
}

int json_raw(struct json_writer *writer, const char *text)
{
    size_t length = strlen(text);

    if (ensure(writer, length) < 0)
        return -1;
    memcpy(writer->text + writer->length, text, length + 1);
    writer->length += (uint16_t)length;
    return 0;
}

int json_string(struct json_writer *writer, const char *bytes, size_t size)
{
    char *p;

    /* The quotes, and the bytes, some of which are escaped */
    if (ensure(writer, size + 2) < 0)
        return -1;

    p = writer->text + writer->length;
    *p++ = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];

        switch (c) {
        case '"':  *p++ = '\\'; *p++ = '"'; break;
        case '\\': *p++ = '\\'; *p++ = '\\'; break;
        case '\b': *p++ = '\\'; *p++ = 'b'; break;
        case '\t': *p++ = '\\'; *p++ = 't'; break;
        case '\n': *p++ = '\\'; *p++ = 'n'; break;
        case '\f': *p++ = '\\'; *p++ = 'f'; break;
        case '\r': *p++ = '\\'; *p++ = 'r'; break;
        default:
            if (c < 0x20 || c == 0x7f)
                p += sprintf(p, "\\u%04x", c);
            else
                *p++ = (char)c;
        }
    }
    *p++ = '"';
    *p = '\0';
    writer->length = (uint16_t)(p - writer->text);
    return 0;
}

int json_hex(struct json_writer *writer, const uint8_t *bytes, size_t size)
{
    char *p;

    if (ensure(writer, 2 * size + 2) < 0)
        return -1;
    p = writer->text + writer->length;
    *p++ = '"';
    for (size_t i = 0; i < size; i++)
        p += sprintf(p, "%02x", bytes[i]);
    *p++ = '"';
    *p = '\0';
    writer->length = (uint16_t)(p - writer->text);
    return 0;
}

int json_newline(struct json_writer *writer, size_t indent)
{
    if (indent > JSON_MAX || ensure(writer, indent + 1) < 0)
        return -1;
    writer->text[writer->length++] = '\n';
    memset(writer->text + writer->length, ' ', indent);
    writer->length += (uint16_t)indent;
    writer->text[writer->length] = '\0';
    return 0;
}

void json_free(struct json_writer *writer)
{
    free(writer->text);
    json_init(writer);
}
