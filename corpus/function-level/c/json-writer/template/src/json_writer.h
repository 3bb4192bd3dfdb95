/* JSON documents, written piece by piece into a buffer that grows. */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include <stddef.h>
#include <stdint.h>

#define JSON_MAX 60000      /* characters of a document at most, without the NUL */

/* The sizes have 16 bits, as those in the messages that carry documents. */
struct json_writer {
    char *text;             /* NUL-terminated, from malloc; NULL while nothing is there */
    uint16_t length;        /* characters, without the NUL */
    uint16_t capacity;      /* bytes allocated, for the functions alone */
};

/* Makes an empty document. */
void json_init(struct json_writer *writer);

/* Each of these adds something to the document. They return 0; or -1 if the
 * document would become too long or there is no memory, and it is then as it was. */

/* Adds a NUL-terminated text as it is. */
int json_raw(struct json_writer *writer, const char *text);

/* Adds a string in quotes, escaped. */
int json_string(struct json_writer *writer, const char *bytes, size_t size);

/* Adds a string in quotes with two hexadecimal digits for each byte. */
int json_hex(struct json_writer *writer, const uint8_t *bytes, size_t size);

/* Adds a newline and `indent` spaces. */
int json_newline(struct json_writer *writer, size_t indent);

/* Releases the document and leaves it empty. */
void json_free(struct json_writer *writer);

#endif
