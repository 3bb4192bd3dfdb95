#include "assay_test.h"
#include "font_glyph.h"

static uint8_t font[4096];
static size_t font_size;

static void u8(unsigned value)
{
    font[font_size++] = (uint8_t)value;
}

static void u16(unsigned value)
{
    u8(value & 0xff);
    u8(value >> 8);
}

static void u32(size_t value)
{
    u16((unsigned)value & 0xffff);
    u16((unsigned)(value >> 16) & 0xffff);
}

static void bytes(const void *value, size_t size)
{
    memcpy(font + font_size, value, size);
    font_size += size;
}

struct part {
    const char *tag;
    const void *content;
    size_t size;
};

/* Lays out a font of these sections, with `gap` bytes before each. */
static void build(const struct part *parts, size_t count, size_t gap)
{
    size_t place = FONT_HEADER_SIZE + count * FONT_SECTION_SIZE;

    font_size = 0;
    bytes("BFNT", 4);
    u16(FONT_VERSION);
    u16((unsigned)count);
    for (size_t i = 0; i < count; i++) {
        bytes(parts[i].tag, 4);
        u32(place + gap);
        u32(parts[i].size);
        place += gap + parts[i].size;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t g = 0; g < gap; g++)
            u8(0xee);
        bytes(parts[i].content, parts[i].size);
    }
}

/* 'A' is glyph 1, 'B' 2, 'C' 3; U+4E2D is glyph 4; space is glyph 0. */
static const uint8_t cmap[] = {
    3, 0,
    0x41, 0, 0x43, 0, 1, 0,
    0x2d, 0x4e, 0x2d, 0x4e, 4, 0,
    0x20, 0, 0x20, 0, 0, 0,
};
static const uint8_t offs[] = {
    0, 0, 0, 0,    0, 0, 0, 0,    7, 0, 0, 0,
    19, 0, 0, 0,   23, 0, 0, 0,   42, 0, 0, 0,
};
static const uint8_t glyf[] = {
    /* 1 */ 8, 3, 0, 9, 0x18, 0x24, 0x42,
    /* 2 */ 9, 3, 0xff, 11, 0xff, 0x80, 0x81, 0x00, 0xff, 0x80, 0xcc, 0xcc,
    /* 3 */ 0, 5, 0x80, 4,
    /* 4 */ 17, 5, 2, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
};
static const struct part CMAP = {"CMAP", cmap, sizeof cmap};
static const struct part OFFS = {"OFFS", offs, sizeof offs};
static const struct part GLYF = {"GLYF", glyf, sizeof glyf};
static const struct part NAME = {"NAME", "Sample Sans", 11};
static const struct part KERN = {"KERN", "\x41\x42\xff", 3};

static void build_usual(void)
{
    const struct part parts[] = {CMAP, OFFS, GLYF};

    build(parts, 3, 0);
}

/* Where the image of the last lookup lies. */
static const uint8_t *image;

static int find(uint32_t code, struct font_glyph *glyph)
{
    uint8_t *copy = malloc(font_size);

    CHECK(copy != NULL);
    memcpy(copy, font, font_size);
    memset(glyph, 0x5a, sizeof *glyph);
    image = copy;
    return font_find_glyph(copy, font_size, code, glyph);
}

static struct font_glyph glyph;

TEST(finds_a_glyph)
{
    build_usual();
    CHECK_EQ(find('A', &glyph), FONT_FOUND);
    CHECK_EQ(glyph.width, 8);
    CHECK_EQ(glyph.height, 3);
    CHECK_EQ(glyph.left, 0);
    CHECK_EQ(glyph.advance, 9);
    CHECK_EQ(glyph.stride, 1);
    CHECK(glyph.bitmap != NULL);
    CHECK_MEM(glyph.bitmap, "\x18\x24\x42", 3);
}

TEST(bitmap_points_into_the_image)
{
    build_usual();
    CHECK_EQ(find('A', &glyph), FONT_FOUND);
    CHECK(glyph.bitmap == image + font_size - sizeof glyf + 4);
}

TEST(later_code_of_a_range_has_a_later_glyph)
{
    build_usual();
    CHECK_EQ(find('B', &glyph), FONT_FOUND);
    CHECK_EQ(glyph.width, 9);
    CHECK_EQ(glyph.height, 3);
    CHECK_EQ(glyph.left, -1);
    CHECK_EQ(glyph.advance, 11);
    CHECK_EQ(glyph.stride, 2);
    CHECK_MEM(glyph.bitmap, "\xff\x80\x81\x00\xff\x80", 6);
}

TEST(last_glyph_ends_where_the_image_ends)
{
    build_usual();
    CHECK_EQ(find(0x4e2d, &glyph), FONT_FOUND);
    CHECK_EQ(glyph.width, 17);
    CHECK_EQ(glyph.height, 5);
    CHECK_EQ(glyph.left, 2);
    CHECK_EQ(glyph.advance, 255);
    CHECK_EQ(glyph.stride, 3);
    CHECK_EQ(glyph.bitmap[0], 1);
    CHECK_EQ(glyph.bitmap[14], 15);
    CHECK(glyph.bitmap + 15 == image + font_size);
}

TEST(empty_glyph_is_found)
{
    build_usual();
    CHECK_EQ(find(' ', &glyph), FONT_FOUND);
    CHECK_EQ(glyph.width, 0);
    CHECK_EQ(glyph.height, 0);
    CHECK_EQ(glyph.left, 0);
    CHECK_EQ(glyph.advance, 0);
    CHECK_EQ(glyph.stride, 0);
    CHECK(glyph.bitmap == NULL);
}

TEST(glyph_without_pixels_keeps_its_metrics)
{
    build_usual();
    CHECK_EQ(find('C', &glyph), FONT_FOUND);
    CHECK_EQ(glyph.width, 0);
    CHECK_EQ(glyph.height, 5);
    CHECK_EQ(glyph.left, -128);
    CHECK_EQ(glyph.advance, 4);
    CHECK_EQ(glyph.stride, 0);
    CHECK(glyph.bitmap == NULL);
}

TEST(other_characters_are_missing)
{
    static const uint32_t codes[] = {0,      0x1f,    0x21,    '@',        'D',
                                     0x4e2c, 0x4e2e,  0xffff,  0x10041,    0x14e2d,
                                     0x20020, 0xffff0041u, 0xffffffffu};

    build_usual();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        CHECK_EQ(find(codes[i], &glyph), FONT_MISSING);
}

TEST(font_without_ranges_has_no_characters)
{
    const struct part none = {"CMAP", "\0\0", 2};
    const struct part parts[] = {OFFS, GLYF, none};

    build(parts, 3, 0);
    CHECK_EQ(find('A', &glyph), FONT_MISSING);
    CHECK_EQ(find(0, &glyph), FONT_MISSING);
}

TEST(sections_come_in_any_order_and_place)
{
    const struct part forward[] = {NAME, CMAP, OFFS, KERN, GLYF};
    const struct part backward[] = {GLYF, OFFS, NAME, CMAP};

    for (size_t gap = 0; gap < 6; gap++) {
        build(forward, 5, gap);
        CHECK_EQ(find('B', &glyph), FONT_FOUND);
        CHECK_EQ(glyph.advance, 11);
        build(backward, 4, gap);
        CHECK_EQ(find(0x4e2d, &glyph), FONT_FOUND);
        CHECK_EQ(glyph.bitmap[7], 8);
        CHECK_EQ(find('Z', &glyph), FONT_MISSING);
    }
}

TEST(wrong_magic_or_version_is_invalid)
{
    build_usual();
    font[0] = 'b';
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
    build_usual();
    font[3] = 'X';
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
    build_usual();
    font[4] = 2;
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
    build_usual();
    font[5] = 1;
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
}

TEST(every_section_is_needed)
{
    const struct part no_cmap[] = {OFFS, GLYF, NAME};
    const struct part no_offs[] = {CMAP, GLYF};
    const struct part no_glyf[] = {NAME, CMAP, OFFS};

    build(no_cmap, 3, 0);
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
    build(no_offs, 2, 0);
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
    build(no_glyf, 3, 0);
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
    build(NULL, 0, 0);
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
}

TEST(empty_image_is_invalid)
{
    font_size = 0;
    CHECK_EQ(find('A', &glyph), FONT_INVALID);
}

TEST(largest_bitmap_and_last_code_point)
{
    static const uint8_t last[] = {2, 0, 0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 0, 0, 0};
    static const uint8_t two[] = {0, 0, 0, 0, 0, 0, 0, 0, 0xe4, 0x1f, 0, 0};
    static uint8_t big[4 + 32 * 255];
    const struct part parts[] = {{"CMAP", last, sizeof last},
                                 {"OFFS", two, sizeof two},
                                 {"GLYF", big, 64}};
    uint8_t *large;
    size_t head;

    memset(big, 0x3c, sizeof big);
    memcpy(big, "\xff\xff\x81\x7f", 4);
    build(parts, 3, 0);
    /* The bitmap is larger than the builder's space: put it on here. */
    head = font_size - 64;
    font[FONT_HEADER_SIZE + 2 * FONT_SECTION_SIZE + 8] = (uint8_t)sizeof big;
    font[FONT_HEADER_SIZE + 2 * FONT_SECTION_SIZE + 9] = (uint8_t)(sizeof big >> 8);
    large = malloc(head + sizeof big);
    CHECK(large != NULL);
    memcpy(large, font, head);
    memcpy(large + head, big, sizeof big);
    CHECK_EQ(font_find_glyph(large, head + sizeof big, 0xffff, &glyph), FONT_FOUND);
    CHECK_EQ(glyph.width, 255);
    CHECK_EQ(glyph.height, 255);
    CHECK_EQ(glyph.left, -127);
    CHECK_EQ(glyph.advance, 127);
    CHECK_EQ(glyph.stride, 32);
    CHECK(glyph.bitmap == large + head + 4);
    CHECK_EQ(font_find_glyph(large, head + sizeof big, 0xfffe, &glyph), FONT_FOUND);
    CHECK(glyph.bitmap == NULL);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
