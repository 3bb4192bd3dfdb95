/* Telemetry frames, as the field units send them to the collector. */
#ifndef TELEMETRY_FRAME_H
#define TELEMETRY_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define TELEMETRY_HEADER_SIZE 6
#define TELEMETRY_VERSION 1

#define TELEMETRY_SAMPLES 64
#define TELEMETRY_CHANNELS 8
#define TELEMETRY_NOTE_SIZE 48
#define TELEMETRY_DEVICE_SIZE 24

/* The types of the fields of a frame. */
enum telemetry_field {
    TELEMETRY_SEQUENCE = 1,
    TELEMETRY_DEVICE = 2,
    TELEMETRY_NOTE = 3,
    TELEMETRY_SAMPLE_BLOCK = 4,
    TELEMETRY_SAMPLE_RUN = 5,
    TELEMETRY_GAIN = 6
};

struct telemetry_record {
    uint32_t sequence;
    uint32_t sample_count;               /* samples in use */
    int16_t samples[TELEMETRY_SAMPLES];
    int16_t gain[TELEMETRY_CHANNELS];    /* by channel number */
    char note[TELEMETRY_NOTE_SIZE];      /* NUL-terminated */
    char device[TELEMETRY_DEVICE_SIZE];  /* NUL-terminated */
};

/* Decodes the frame that starts at data[0]. Returns the size of the frame in
 * bytes, header included; 0 if the frame is not complete yet; -1 if it is
 * malformed. Unless a frame was decoded, the contents of *record are
 * unspecified. */
int telemetry_decode(const uint8_t *data, size_t length,
                     struct telemetry_record *record);

#endif
