/* Writes each piece twice by the same code: first to nowhere, to measure it, and
 * then into memory of just the right size. */
#include "json_writer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Where a piece is written: `next` is NULL while it is measured. */
struct sink {
    char *next;
    size_t count;
};

static void emit(struct sink *sink, char c)
{
    sink->count++;
    if (sink->next != NULL)
        *sink->next++ = c;
}

enum kind { RAW, STRING, HEX, NEWLINE };

struct piece {
    enum kind kind;
    const unsigned char *bytes;
    size_t size;
};

static void emit_digits(struct sink *sink, unsigned byte)
{
    emit(sink, "0123456789abcdef"[byte >> 4]);
    emit(sink, "0123456789abcdef"[byte & 15]);
}

static void emit_escaped(struct sink *sink, unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        emit(sink, '\\');
        emit(sink, (char)byte);
        return;
    case '\b':
    case '\t':
    case '\n':
    case '\f':
    case '\r':
        emit(sink, '\\');
        emit(sink, "btn?fr"[byte - '\b']);
        return;
    default:
        if (byte >= 0x20 && byte != 0x7f) {
            emit(sink, (char)byte);
            return;
        }
        for (const char *c = "\\u00"; *c != '\0'; c++)
            emit(sink, *c);
        emit_digits(sink, byte);
    }
}

/* Writes a piece, but no more of it than shows that it does not fit. */
static void emit_piece(struct sink *sink, const struct piece *piece)
{
    bool quoted = piece->kind == STRING || piece->kind == HEX;

    if (quoted)
        emit(sink, '"');
    if (piece->kind == NEWLINE)
        emit(sink, '\n');
    for (size_t i = 0; i < piece->size && sink->count <= JSON_MAX; i++) {
        if (piece->kind == NEWLINE)
            emit(sink, ' ');
        else if (piece->kind == RAW)
            emit(sink, (char)piece->bytes[i]);
        else if (piece->kind == HEX)
            emit_digits(sink, piece->bytes[i]);
        else
            emit_escaped(sink, piece->bytes[i]);
    }
    if (quoted)
        emit(sink, '"');
}

static int add(struct json_writer *writer, enum kind kind, const void *bytes, size_t size)
{
    struct piece piece = {kind, bytes, size};
    struct sink sink = {NULL, 0};
    char *text;

    emit_piece(&sink, &piece);
    if (sink.count > (size_t)(JSON_MAX - writer->length))
        return -1;
    text = realloc(writer->text, (size_t)writer->length + sink.count + 1);
    if (text == NULL)
        return -1;
    writer->text = text;
    sink = (struct sink){text + writer->length, 0};
    emit_piece(&sink, &piece);
    *sink.next = '\0';
    writer->length = (uint16_t)(sink.next - text);
    return 0;
}

void json_init(struct json_writer *writer)
{
    memset(writer, 0, sizeof *writer);
}

int json_raw(struct json_writer *writer, const char *text)
{
    return add(writer, RAW, text, strlen(text));
}

int json_string(struct json_writer *writer, const char *bytes, size_t size)
{
    return add(writer, STRING, bytes, size);
}

int json_hex(struct json_writer *writer, const uint8_t *bytes, size_t size)
{
    return add(writer, HEX, bytes, size);
}

int json_newline(struct json_writer *writer, size_t indent)
{
    return add(writer, NEWLINE, NULL, indent);
}

void json_free(struct json_writer *writer)
{
    free(writer->text);
    json_init(writer);
}
