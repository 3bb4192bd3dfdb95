#include <stdio.h>
#include <string.h>

#define LABEL_SIZE 24

struct parcel {
    char label[LABEL_SIZE];
    unsigned weight;
};

// Puts the text of the scanned label into the parcel, followed by a dash and the name of the
// depot, and adds the weight.
int label_parcel(struct parcel *parcel, const char *scanned, const char *depot, unsigned grams)
{
    // build the label
}
