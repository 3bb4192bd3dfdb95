#include "json_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_init(struct json_writer *writer)
{
    writer->text = NULL;
    writer->length = 0;
    writer->capacity = 0;
}

/* Makes room for `count` more characters and the NUL. */
static int reserve(struct json_writer *writer, size_t count)
{
    size_t needed, capacity;
    char *text;

    if (count > (size_t)JSON_MAX - writer->length)
        return -1;
    needed = writer->length + count + 1;
    if (needed <= writer->capacity)
        return 0;
    capacity = needed + needed / 2 + 32;
    if (capacity > JSON_MAX + 1)
        capacity = JSON_MAX + 1;
    text = realloc(writer->text, capacity);
    if (text == NULL)
        return -1;
    writer->text = text;
    writer->capacity = (uint16_t)capacity;
    text[writer->length] = '\0';
    return 0;
}

/* Adds characters for which there is room. */
static void put(struct json_writer *writer, const char *text, size_t count)
{
    memcpy(writer->text + writer->length, text, count);
    writer->length = (uint16_t)(writer->length + count);
    writer->text[writer->length] = '\0';
}

/* Adds characters, or takes away what was added since `start`. */
static int put_checked(struct json_writer *writer, const char *text, size_t count, uint16_t start)
{
    if (reserve(writer, count) != 0) {
        writer->length = start;
        if (writer->text != NULL)
            writer->text[start] = '\0';
        return -1;
    }
    put(writer, text, count);
    return 0;
}

int json_raw(struct json_writer *writer, const char *text)
{
    return put_checked(writer, text, strlen(text), writer->length);
}

/* The escaped form of a byte; `room` is for those that are written out. */
static const char *escaped(unsigned char byte, char room[7])
{
    static const char *const names[] = {"\bb", "\tt", "\nn", "\ff", "\rr", "\"\"", "\\\\"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((unsigned char)names[i][0] == byte) {
            snprintf(room, 7, "\\%c", names[i][1]);
            return room;
        }
    }
    if (byte < 0x20 || byte == 0x7f)
        snprintf(room, 7, "\\u%04x", byte);
    else
        snprintf(room, 7, "%c", byte);
    return room;
}

int json_string(struct json_writer *writer, const char *bytes, size_t size)
{
    uint16_t start = writer->length;
    char room[7];

    if (put_checked(writer, "\"", 1, start) != 0)
        return -1;
    for (size_t i = 0; i < size; i++) {
        const char *text = escaped((unsigned char)bytes[i], room);

        if (put_checked(writer, text, strlen(text), start) != 0)
            return -1;
    }
    return put_checked(writer, "\"", 1, start);
}

int json_hex(struct json_writer *writer, const uint8_t *bytes, size_t size)
{
    if (size > JSON_MAX / 2 || reserve(writer, 2 * size + 2) != 0)
        return -1;
    put(writer, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        char digits[3];

        snprintf(digits, sizeof digits, "%02x", bytes[i]);
        put(writer, digits, 2);
    }
    put(writer, "\"", 1);
    return 0;
}

int json_newline(struct json_writer *writer, size_t indent)
{
    if (indent >= JSON_MAX || reserve(writer, indent + 1) != 0)
        return -1;
    put(writer, "\n", 1);
    memset(writer->text + writer->length, ' ', indent);
    writer->length = (uint16_t)(writer->length + indent);
    writer->text[writer->length] = '\0';
    return 0;
}

void json_free(struct json_writer *writer)
{
    free(writer->text);
    json_init(writer);
}
