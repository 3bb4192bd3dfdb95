#include "assay_test.h"
#include "idn_name.h"

static struct idn_name name;

static int decode_part(const char *host, size_t length)
{
    char *copy = malloc(length);
    int result;

    CHECK(copy != NULL);
    if (length > 0)
        memcpy(copy, host, length);
    memset(&name, 0x5a, sizeof name);
    result = idn_decode(copy, length, &name);
    free(copy);
    return result;
}

static int decode(const char *host)
{
    return decode_part(host, strlen(host));
}

static void expect(const char *host, const uint32_t *points, size_t count)
{
    CHECK_EQ(decode(host), 0);
    CHECK_EQ(name.count, count);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(name.points[i], points[i]);
}

#define EXPECT(host, ...)                                                     \
    do {                                                                      \
        static const uint32_t points[] = {__VA_ARGS__};                       \
        expect(host, points, sizeof points / sizeof *points);                 \
    } while (0)

TEST(plain_names_are_taken_over)
{
    EXPECT("Mail-1.example", 'M', 'a', 'i', 'l', '-', '1', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e');
    CHECK_EQ(name.labels, 2);
    CHECK_EQ(name.encoded, 0);
    EXPECT("x", 'x');
    EXPECT("azAZ09", 'a', 'z', 'A', 'Z', '0', '9');
    CHECK_EQ(name.labels, 1);
    EXPECT("xn-.-a-", 'x', 'n', '-', '.', '-', 'a', '-');
    EXPECT("xn-", 'x', 'n', '-');
    EXPECT("xa--b.an--b.xn-a-b.xnx-b", 'x', 'a', '-', '-', 'b', '.', 'a', 'n', '-', '-', 'b', '.',
           'x', 'n', '-', 'a', '-', 'b', '.', 'x', 'n', 'x', '-', 'b');
    CHECK_EQ(name.encoded, 0);
}

TEST(one_code_point_is_inserted)
{
    EXPECT("xn--bcher-kva", 'b', 0xfc, 'c', 'h', 'e', 'r');
    CHECK_EQ(name.labels, 1);
    CHECK_EQ(name.encoded, 1);
    EXPECT("xn--mnchen-3ya", 'm', 0xfc, 'n', 'c', 'h', 'e', 'n');
    EXPECT("xn--strae-oqa", 's', 't', 'r', 'a', 0xdf, 'e');
}

TEST(labels_without_ascii)
{
    EXPECT("xn--tda", 0xfc);
    EXPECT("xn--n3h", 0x2603);
    EXPECT("xn--fiqs8s", 0x4e2d, 0x56fd);
    EXPECT("xn--wgv71a119e", 0x65e5, 0x672c, 0x8a9e);
    EXPECT("xn--r8jz45g", 0x4f8b, 0x3048);
}

TEST(several_code_points_among_ascii)
{
    EXPECT("xn--and-6ma2c", 0xf1, 'a', 'n', 'd', 0xfa);
    EXPECT("xn--Proprostnemluvesky-uyb24dma41a", 'P', 'r', 'o', 0x10d, 'p', 'r', 'o', 's', 't',
           0x11b, 'n', 'e', 'm', 'l', 'u', 'v', 0xed, 0x10d, 'e', 's', 'k', 'y');
}

TEST(label_of_several_scripts)
{
    EXPECT("xn--bz-xz-mqa6ea2o30zva8aw0jqa6bxe68hdb9tlbyewa9e", 0x3b8, 'b', 0x3c4, 'z', 0xdf,
           0x3b6, 0x3c0, 0x432, 0x434, '-', 0x443, 0x3c1, 0x3b3, 0x441, 0x3c8, 0x3b1, 0xfc, 0x447,
           0x446, 'x', 0xe9, 0x44a, 0xe9, 'z');
    EXPECT("xn--bz-xz-MQA6EA2O30ZVA8AW0JQA6BXE68HDB9TLBYEWA9E", 0x3b8, 'b', 0x3c4, 'z', 0xdf,
           0x3b6, 0x3c0, 0x432, 0x434, '-', 0x443, 0x3c1, 0x3b3, 0x441, 0x3c8, 0x3b1, 0xfc, 0x447,
           0x446, 'x', 0xe9, 0x44a, 0xe9, 'z');
}

TEST(last_hyphen_divides)
{
    EXPECT("xn--a-b-c-1va", 0xff, 'a', '-', 'b', '-', 'c');
}

TEST(digits_and_prefix_in_either_case)
{
    EXPECT("XN--Bcher-KVA", 'B', 0xfc, 'c', 'h', 'e', 'r');
    EXPECT("Xn--FIQS8S", 0x4e2d, 0x56fd);
}

TEST(code_points_beyond_sixteen_bits)
{
    EXPECT("xn--x-dy9q", 0x1d4b3, 'x');
    EXPECT("xn--ab-qg4n", 'a', 'b', 0x10000);
    EXPECT("xn--dn32g", 0x10ffff);
    EXPECT("xn--a-so7g", 'a', 0xe000);
    EXPECT("xn--hb9b", 0xd7ff);
}

TEST(labels_are_decoded_each_on_its_own)
{
    EXPECT("xn--tda.www.xn--tda.xn--bcher-kva.de", 0xfc, '.', 'w', 'w', 'w', '.', 0xfc, '.', 'b',
           0xfc, 'c', 'h', 'e', 'r', '.', 'd', 'e');
    CHECK_EQ(name.labels, 5);
    CHECK_EQ(name.encoded, 3);
}

TEST(only_the_given_characters_belong_to_the_name)
{
    CHECK_EQ(decode_part("example.com", 4), 0);
    CHECK_EQ(name.count, 4);
    CHECK_EQ(decode_part("xn--bcher-kva.de", 13), 0);
    CHECK_EQ(name.count, 6);
}

TEST(empty_labels_are_not_valid)
{
    CHECK_EQ(decode(""), -1);
    CHECK_EQ(decode("."), -1);
    CHECK_EQ(decode("a..b"), -1);
    CHECK_EQ(decode(".a"), -1);
    CHECK_EQ(decode("a.b."), -1);
}

TEST(other_characters_are_not_valid)
{
    CHECK_EQ(decode("a b"), -1);
    CHECK_EQ(decode("under_score"), -1);
    CHECK_EQ(decode("b\xc3\xbc" "cher"), -1);
    CHECK_EQ(decode("xn--b*cher-kva"), -1);
    CHECK_EQ(decode("xn--bcher-k/a"), -1);
    CHECK_EQ(decode_part("a\0b", 3), -1);
}

TEST(broken_numbers_are_not_valid)
{
    CHECK_EQ(decode("xn--"), -1);
    CHECK_EQ(decode("xn--bcher-"), -1);
    CHECK_EQ(decode("xn--bcher-kv"), -1);
    CHECK_EQ(decode("xn--bcher-k"), -1);
    CHECK_EQ(decode("www.xn--fiqs8.de"), -1);
}

TEST(impossible_code_points_are_not_valid)
{
    CHECK_EQ(decode("xn--a-rc4g"), -1);
    CHECK_EQ(decode("xn--zy0c"), -1);
    CHECK_EQ(decode("xn--en32g"), -1);
    CHECK_EQ(decode("xn--a-j023p"), -1);
}

TEST(name_may_have_all_the_room)
{
    char host[80];

    memset(host, 'a', sizeof host);
    CHECK_EQ(decode_part(host, 64), 0);
    CHECK_EQ(name.count, 64);
    CHECK_EQ(name.points[63], 'a');
    CHECK_EQ(decode("xn--4caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.xn--cccccccccccccccc-579yaaaaaaaaaaaaaaa"),
             0);
    CHECK_EQ(name.count, 64);
    CHECK_EQ(name.labels, 2);
    for (int i = 0; i < 31; i++)
        CHECK_EQ(name.points[i], 0xe4);
    CHECK_EQ(name.points[31], '.');
    for (int i = 0; i < 16; i++) {
        CHECK_EQ(name.points[32 + i], 'c');
        CHECK_EQ(name.points[48 + i], 0x4e2d);
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
