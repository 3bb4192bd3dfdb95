/* How a test proves to its supervisor that it returned: it writes
 * ASSAY_RETURNED, reads a token, and writes it back.
 */
#ifndef ASSAY_CHANNEL_H
#define ASSAY_CHANNEL_H

enum { ASSAY_TEST_CHANNEL = 3, ASSAY_RETURNED = 'r', ASSAY_TOKEN_LENGTH = 16 };

#endif
