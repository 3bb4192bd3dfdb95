/* The diagnostic service of a field device: one reply for each request. */
#ifndef DIAG_REPLY_H
#define DIAG_REPLY_H

#include <stddef.h>
#include <stdint.h>

#define DIAG_BUFFER 1024        /* bytes of the receive buffer, and of a reply */
#define DIAG_REGISTERS 64
#define DIAG_LABEL 16

enum diag_command {
    DIAG_ECHO = 1,
    DIAG_REGISTERS_READ = 2,
    DIAG_LABEL_READ = 3,
    DIAG_FIND = 4
};

enum diag_status {
    DIAG_OK = 0,
    DIAG_UNKNOWN = 1,       /* there is no such command */
    DIAG_MALFORMED = 2,     /* the request does not have the form of its command */
    DIAG_RANGE = 3          /* there is no such register or label */
};

struct diag_device {
    uint16_t registers[DIAG_REGISTERS];
    size_t label_count;
    const char (*labels)[DIAG_LABEL];   /* padded with NULs; without one if full */
    uint32_t service_key;               /* for technicians only */
};

/* Answers the request in the first `received` bytes of a receive buffer. Writes
 * the reply to the DIAG_BUFFER bytes at `reply` and returns its length. */
size_t diag_reply(const struct diag_device *device, const uint8_t *buffer,
                  size_t received, uint8_t *reply);

#endif
