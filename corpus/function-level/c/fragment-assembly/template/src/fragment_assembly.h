/* Handshake messages, put together from fragments that arrive in datagrams. */
#ifndef FRAGMENT_ASSEMBLY_H
#define FRAGMENT_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSEMBLY_HEADER 12          /* bytes before the content of a fragment */
#define ASSEMBLY_MAX 16384          /* bytes of a message at most */

enum assembly_result {
    ASSEMBLY_BAD = -1,
    ASSEMBLY_MORE = 0,
    ASSEMBLY_COMPLETE = 1
};

struct assembly {
    uint16_t sequence;      /* of the message that is put together */
    uint8_t type;           /* of the message, as its fragments say */
    size_t length;          /* of the message, as its fragments say */
    uint8_t *message;       /* its bytes, from malloc; NULL if there is no room yet */

    /* For the functions alone, which may use them as they like. */
    bool started;
    size_t missing;
    uint8_t *map;           /* from malloc, or NULL */
};

/* Prepares for the message with the sequence number 0. */
void assembly_init(struct assembly *assembly);

/* Takes a fragment. Returns ASSEMBLY_COMPLETE if all of the message is there,
 * ASSEMBLY_MORE if not, ASSEMBLY_BAD if the fragment is malformed. */
int assembly_add(struct assembly *assembly, const uint8_t *fragment, size_t size);

/* Drops the message and prepares for the one with the next sequence number. */
void assembly_next(struct assembly *assembly);

/* Releases all memory. */
void assembly_free(struct assembly *assembly);

#endif
