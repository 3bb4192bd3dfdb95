/* Each test looks glyphs up in images that lie about their contents. Whatever
 * the result, no read may leave the image, which is a heap allocation of just
 * its size, and a bitmap that is handed out must lie in it. */
#include "assay_test.h"
#include "font_glyph.h"

static uint8_t font[1024];
static size_t font_size;

static void put(size_t at, size_t value, int width)
{
    for (int i = 0; i < width; i++)
        font[at + (size_t)i] = (uint8_t)(value >> (8 * i));
}

struct part {
    const char *tag;
    const void *content;
    size_t size;
};

static size_t entry(size_t section)
{
    return FONT_HEADER_SIZE + section * FONT_SECTION_SIZE;
}

/* Lays out a font of three sections, the last of which ends the image. */
static void build(struct part a, struct part b, struct part c)
{
    const struct part parts[] = {a, b, c};

    memcpy(font, "BFNT", 4);
    put(4, FONT_VERSION, 2);
    put(6, 3, 2);
    font_size = entry(3);
    for (size_t i = 0; i < 3; i++) {
        memcpy(font + entry(i), parts[i].tag, 4);
        put(entry(i) + 4, font_size, 4);
        put(entry(i) + 8, parts[i].size, 4);
        memcpy(font + font_size, parts[i].content, parts[i].size);
        font_size += parts[i].size;
    }
}

static const uint8_t cmap[] = {
    2, 0,
    0x41, 0, 0x43, 0, 0, 0,
    0x61, 0, 0x61, 0, 2, 0,
};
static const uint8_t offs[] = {
    0, 0, 0, 0,    7, 0, 0, 0,    7, 0, 0, 0,    17, 0, 0, 0,
};
static const uint8_t glyf[] = {
    8, 3, 0, 9, 0x18, 0x24, 0x42,
    9, 3, 0, 11, 0xff, 0x80, 0x81, 0x00, 0xff, 0x80,
};
static const struct part CMAP = {"CMAP", cmap, sizeof cmap};
static const struct part OFFS = {"OFFS", offs, sizeof offs};
static const struct part GLYF = {"GLYF", glyf, sizeof glyf};

static volatile unsigned sink;

/* Looks a character up as the viewer does, and draws what it gets. */
static void use_prefix(uint32_t code, size_t size)
{
    uint8_t *image = malloc(size);
    struct font_glyph *glyph = calloc(1, sizeof *glyph);

    CHECK(image != NULL && glyph != NULL);
    memcpy(image, font, size);
    if (font_find_glyph(image, size, code, glyph) == FONT_FOUND && glyph->bitmap != NULL) {
        size_t pixels = ((size_t)glyph->width + 7) / 8 * glyph->height;
        uintptr_t start = (uintptr_t)image;
        uintptr_t bitmap = (uintptr_t)glyph->bitmap;

        CHECK(bitmap >= start && bitmap <= start + size);
        CHECK(pixels <= start + size - bitmap);
        for (size_t i = 0; i < pixels; i++)
            sink += glyph->bitmap[i];
    }
    free(glyph);
    free(image);
}

static void use(uint32_t code)
{
    use_prefix(code, font_size);
}

static void use_all(void)
{
    static const uint32_t codes[] = {'A', 'B', 'C', 'a', 'z', 0, 0xffff, 0xffffffffu};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        use(codes[i]);
}

/* Each order of the sections, so that each of them ends the image once. */
static void build_order(int order)
{
    if (order == 0)
        build(CMAP, OFFS, GLYF);
    else if (order == 1)
        build(GLYF, CMAP, OFFS);
    else
        build(OFFS, GLYF, CMAP);
}

static size_t section_of(int order, const char *tag)
{
    build_order(order);
    for (size_t i = 0; i < 3; i++)
        if (memcmp(font + entry(i), tag, 4) == 0)
            return i;
    abort();
}

TEST(image_cut_off_anywhere)
{
    for (int order = 0; order < 3; order++) {
        build_order(order);
        for (size_t size = 0; size < font_size; size++) {
            use_prefix('A', size);
            use_prefix('C', size);
            use_prefix('a', size);
            use_prefix('z', size);
        }
    }
}

TEST(more_sections_than_the_image_holds)
{
    static const unsigned counts[] = {4, 7, 256, 0x1555, 0x1556, 0x8000, 0xffff};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        build_order(0);
        memcpy(font + entry(2), "NONE", 4);
        put(6, counts[i], 2);
        use_all();
        font_size = entry(3);
        use_all();
    }
}

static const char *const tags[] = {"CMAP", "OFFS", "GLYF"};

TEST(section_beyond_the_image)
{
    static const size_t beyond[] = {0, 1, 2, 4, 64, 4096, 0x7fffff00, 0x80000000, 0xffffff00};

    for (int order = 0; order < 3; order++) {
        for (int tag = 0; tag < 3; tag++) {
            for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
                size_t section = section_of(order, tags[tag]);

                put(entry(section) + 4, font_size + beyond[i], 4);
                use_all();
            }
        }
    }
}

TEST(section_whose_end_wraps_around)
{
    for (int tag = 0; tag < 3; tag++) {
        for (size_t before = 1; before <= 0x100; before *= 2) {
            size_t section = section_of(0, tags[tag]);

            put(entry(section) + 4, 0x100000000 - before, 4);
            put(entry(section) + 8, before + 32, 4);
            use_all();
        }
    }
}

TEST(section_that_starts_in_the_image_and_ends_after_it)
{
    static const uint8_t wide[] = {0xff, 0xff, 0xff, 0xff};

    for (int order = 0; order < 3; order++) {
        for (int tag = 0; tag < 3; tag++) {
            for (size_t left = 1; left <= 8; left++) {
                size_t section = section_of(order, tags[tag]);

                memcpy(font + font_size, wide, sizeof wide);
                font_size += sizeof wide;
                put(entry(section) + 4, font_size - left, 4);
                put(entry(section) + 8, 4096, 4);
                use_all();
            }
        }
    }
}

TEST(more_ranges_than_the_section_holds)
{
    static const unsigned counts[] = {3, 4, 11, 0x2aab, 0x8000, 0xffff};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t section = section_of(2, "CMAP");

        put(font_size - sizeof cmap, counts[i], 2);
        use_all();
        put(entry(section) + 8, 0xffffff, 4);
        use_all();
    }
}

TEST(range_that_lacks_its_last_bytes)
{
    for (size_t missing = 1; missing <= sizeof cmap; missing++) {
        size_t section = section_of(2, "CMAP");

        font_size -= missing;
        put(entry(section) + 8, sizeof cmap - missing, 4);
        use_all();
    }
}

TEST(glyph_number_one_past_the_last)
{
    /* Three glyphs: number 3 has a start, but its end is not in the image. */
    static const uint8_t past[] = {1, 0, 0x41, 0, 0x41, 0, 3, 0};
    const struct part bad = {"CMAP", past, sizeof past};

    build(bad, GLYF, OFFS);
    use('A');
    font_size -= 3;
    put(entry(2) + 8, sizeof offs - 3, 4);
    use('A');
}

TEST(glyph_number_far_past_the_last)
{
    static const unsigned numbers[] = {4, 5, 100, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xfffe, 0xffff};
    const struct part wide = {"CMAP", "\x01\x00\x00\x00\xff\xff\x00\x00", 8};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        build(wide, GLYF, OFFS);
        put(entry(3) + 6, numbers[i], 2);
        use(0);
        use(1);
        use(0xff);
        use(0xffff);
    }
}

TEST(glyph_outside_its_section)
{
    static const size_t starts[] = {18, 19, 64, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        for (int run = 0; run < 3; run++) {
            size_t place;

            build_order(0);
            place = font_size - sizeof glyf - sizeof offs;
            put(place, starts[i], 4);
            put(place + 4, run == 0 ? starts[i] + 16 : run == 1 ? 17 : 0xffffffff, 4);
            use('A');
            use('B');
        }
    }
}

TEST(glyph_that_ends_one_byte_after_its_section)
{
    /* The last glyph has a bitmap of one byte more than the image holds. */
    build_order(0);
    put(font_size - sizeof glyf - 4, sizeof glyf + 1, 4);
    font[font_size - 10] = 8;
    font[font_size - 9] = 7;
    use('C');
}

TEST(glyph_that_ends_before_it_starts)
{
    for (size_t start = 10; start <= sizeof glyf; start++) {
        size_t place;

        build_order(0);
        place = font_size - sizeof glyf - sizeof offs;
        put(place, start, 4);
        put(place + 4, 3, 4);
        use('A');
    }
}

TEST(metrics_cut_off_by_the_end_of_the_image)
{
    for (size_t present = 1; present < FONT_GLYPH_SIZE; present++) {
        size_t place;

        build_order(0);
        place = font_size - sizeof glyf - sizeof offs;
        put(place, sizeof glyf, 4);
        put(place + 4, sizeof glyf + present, 4);
        memset(font + font_size, 1, present);
        font_size += present;
        put(entry(2) + 8, sizeof glyf + present, 4);
        use('A');
    }
}

TEST(bitmap_one_byte_longer_than_the_image)
{
    build_order(0);
    font[font_size - 10] = 8;
    font[font_size - 9] = 7;
    use('C');
    build_order(0);
    font[font_size - 10] = 17;
    use('C');
}

TEST(bitmap_far_longer_than_the_image)
{
    static const uint8_t sizes[][2] = {{255, 255}, {8, 255}, {255, 1}, {128, 128}, {248, 9}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        build_order(0);
        memcpy(font + font_size - 10, sizes[i], 2);
        use('C');
        use('a');
    }
}

TEST(any_single_byte_changed)
{
    static const uint8_t values[] = {0x00, 0x01, 0x03, 0x10, 0x7f, 0x80, 0xf0, 0xff};

    for (int order = 0; order < 3; order++) {
        build_order(order);
        for (size_t at = 0; at < font_size; at++) {
            uint8_t kept = font[at];

            for (size_t i = 0; i < sizeof values; i++) {
                font[at] = values[i];
                use('A');
                use('C');
                use('a');
            }
            font[at] = kept;
        }
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
