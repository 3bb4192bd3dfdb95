#include <stdio.h>
#include <string.h>

#define LABEL_SIZE 24

struct parcel {
    char label[LABEL_SIZE];
    unsigned weight;
};

// Puts the text of the scanned label into the parcel and adds the weight.
int label_parcel(struct parcel *parcel, const char *scanned, unsigned grams)
{
    if (strlen(scanned) >= LABEL_SIZE)
        return -1;
    // copy the label
}
