/* Form letters: filling in fields, and the house rules, which are a sed script. */
#ifndef LETTER_MERGE_H
#define LETTER_MERGE_H

#include <stddef.h>

struct letter_field {
    const char *name;       /* of the placeholder, without its @ */
    const char *value;
};

/* Fills the values of `count` fields into the placeholders of a letter, such as
 * @NAME@, then applies the house rules, and stores the result in the `size`
 * bytes at `text`. Returns its length, or -1 if that is not possible. */
int letter_merge(const char *letter, const struct letter_field *fields,
                 size_t count, const char *rules, char *text, size_t size);

#endif
