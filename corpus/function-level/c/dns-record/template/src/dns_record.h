/* Records in responses of DNS servers. */
#ifndef DNS_RECORD_H
#define DNS_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum dns_type {
    DNS_A = 1,
    DNS_CNAME = 5,
    DNS_TXT = 16,
    DNS_AAAA = 28
};

enum dns_result {
    DNS_BAD = -1,
    DNS_NONE = 0,
    DNS_FOUND = 1
};

struct dns_record {
    uint32_t ttl;           /* seconds */
    const uint8_t *data;    /* in the message */
    size_t length;          /* bytes of data */
};

/* Finds the first record of a host and type among the answers of a response.
 * Returns DNS_FOUND and fills in *record, or DNS_NONE if there is no such
 * record, or DNS_BAD if the message is malformed. */
int dns_find(const uint8_t *message, size_t size, const char *host, unsigned type,
             struct dns_record *record);

#endif
