#include "assay_test.h"
#include "dns_record.h"

static uint8_t message[2048];
static size_t size;
static struct dns_record record;

static void put16(unsigned value)
{
    message[size++] = (uint8_t)(value >> 8);
    message[size++] = (uint8_t)value;
}

static void start(unsigned flags, unsigned questions, unsigned answers)
{
    size = 0;
    put16(0x1234);
    put16(flags);
    put16(questions);
    put16(answers);
    put16(7);
    put16(9);
}

/* Adds labels: each dot in the text ends one. */
static void labels(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, ".");

        message[size++] = (uint8_t)length;
        memcpy(message + size, text, length);
        size += length;
        text += length + (text[length] == '.');
    }
}

static void name(const char *text)
{
    labels(text);
    message[size++] = 0;
}

static void pointer(size_t to)
{
    put16(0xc000 | (unsigned)to);
}

static void fields(unsigned type, unsigned class, uint32_t ttl, const char *data)
{
    put16(type);
    put16(class);
    put16(ttl >> 16);
    put16(ttl & 0xffff);
    put16((unsigned)strlen(data));
    memcpy(message + size, data, strlen(data));
    size += strlen(data);
}

static void question(const char *text)
{
    name(text);
    put16(1);
    put16(1);
}

static int find(const char *host, unsigned type)
{
    static uint8_t *copy;

    free(copy);
    copy = malloc(size);
    CHECK(copy != NULL);
    memcpy(copy, message, size);
    memset(&record, 0x5a, sizeof record);
    return dns_find(copy, size, host, type, &record);
}

static void expect(const char *host, unsigned type, uint32_t ttl, const char *data)
{
    CHECK_EQ(find(host, type), DNS_FOUND);
    CHECK_EQ(record.ttl, ttl);
    CHECK_EQ(record.length, strlen(data));
    CHECK_MEM(record.data, data, strlen(data));
}

TEST(answer_is_found)
{
    start(0x8180, 1, 1);
    question("cam.example.com");
    name("cam.example.com");
    fields(DNS_A, 1, 300, "\x0a\x02\x03\x04");
    expect("cam.example.com", DNS_A, 300, "\x0a\x02\x03\x04");
}

TEST(names_are_followed_along_pointers)
{
    start(0x8180, 1, 2);
    question("cam.example.com");
    pointer(12);
    fields(DNS_CNAME, 1, 0x12345678, "alias");
    labels("www");
    pointer(16);
    fields(DNS_A, 1, 5, "1234");
    expect("cam.example.com", DNS_CNAME, 0x12345678, "alias");
    expect("www.example.com", DNS_A, 5, "1234");
    CHECK_EQ(find("example.com", DNS_A), DNS_NONE);
    CHECK_EQ(find("cam.example.com", DNS_A), DNS_NONE);
}

TEST(pointers_may_lead_to_pointers)
{
    size_t second;

    start(0x8180, 1, 3);
    question("example.com");
    second = size;
    labels("b");
    pointer(12);
    fields(DNS_TXT, 1, 1, "first");
    pointer(second);
    fields(DNS_TXT, 1, 2, "second");
    labels("a");
    pointer(second);
    fields(DNS_TXT, 1, 3, "third");
    expect("b.example.com", DNS_TXT, 1, "first");
    expect("a.b.example.com", DNS_TXT, 3, "third");
    CHECK_EQ(find("a.example.com", DNS_TXT), DNS_NONE);
}

TEST(first_answer_that_fits_is_taken)
{
    start(0x8180, 0, 5);
    name("other.org");
    fields(DNS_A, 1, 1, "none");
    name("host.org");
    fields(DNS_AAAA, 1, 2, "0123456789abcdef");
    name("host.org");
    fields(DNS_A, 3, 3, "chao");
    name("host.org");
    fields(DNS_A, 1, 4, "good");
    name("host.org");
    fields(DNS_A, 1, 5, "late");
    expect("host.org", DNS_A, 4, "good");
    expect("host.org", DNS_AAAA, 2, "0123456789abcdef");
}

TEST(case_does_not_matter)
{
    start(0x8180, 0, 1);
    name("CAM-1.Example.com");
    fields(DNS_A, 1, 1, "addr");
    expect("cam-1.eXAMPLE.COM", DNS_A, 1, "addr");
    CHECK_EQ(find("cam_1.example.com", DNS_A), DNS_NONE);
}

TEST(names_must_be_the_same_as_a_whole)
{
    start(0x8180, 0, 1);
    name("cam.example.com");
    fields(DNS_A, 1, 1, "addr");
    CHECK_EQ(find("example.com", DNS_A), DNS_NONE);
    CHECK_EQ(find("cam.example", DNS_A), DNS_NONE);
    CHECK_EQ(find("cam.example.com.org", DNS_A), DNS_NONE);
    CHECK_EQ(find("cam.example.co", DNS_A), DNS_NONE);
    CHECK_EQ(find("cam.example.comm", DNS_A), DNS_NONE);
    CHECK_EQ(find("ca.mexample.com", DNS_A), DNS_NONE);
    CHECK_EQ(find("cam", DNS_A), DNS_NONE);
}

TEST(answer_may_have_no_data)
{
    start(0x8180, 0, 1);
    name("h");
    fields(DNS_TXT, 1, 9, "");
    CHECK_EQ(find("h", DNS_TXT), DNS_FOUND);
    CHECK_EQ(record.length, 0);
    CHECK_EQ(record.ttl, 9);
}

TEST(response_without_answers)
{
    start(0x8180, 0, 0);
    CHECK_EQ(find("h", DNS_A), DNS_NONE);
    start(0x8180, 3, 0);
    question("h");
    question("cam.example.com");
    question("");
    CHECK_EQ(find("h", DNS_A), DNS_NONE);
}

TEST(errors_have_no_answers)
{
    for (unsigned code = 0; code < 16; code++) {
        start(0x8180 | code, 0, 1);
        name("h");
        fields(DNS_A, 1, 9, "addr");
        CHECK_EQ(find("h", DNS_A), code == 0 ? DNS_FOUND : DNS_NONE);
    }
}

TEST(questions_alone_are_malformed)
{
    start(0x0100, 0, 1);
    name("h");
    fields(DNS_A, 1, 9, "addr");
    CHECK_EQ(find("h", DNS_A), DNS_BAD);
}

TEST(short_headers_are_malformed)
{
    start(0x8180, 0, 0);
    for (size_t length = 0; length < 12; length++) {
        size = length;
        CHECK_EQ(find("h", DNS_A), DNS_BAD);
    }
}

TEST(questions_that_end_too_early_are_malformed)
{
    for (size_t missing = 1; missing <= 4; missing++) {
        start(0x8180, 2, 0);
        question("cam.example.com");
        question("h");
        size -= missing;
        CHECK_EQ(find("h", DNS_A), DNS_BAD);
    }
}

TEST(other_length_bytes_are_malformed)
{
    for (int byte = 64; byte < 192; byte += 9) {
        start(0x8180, 0, 1);
        message[size++] = (uint8_t)byte;
        memset(message + size, 'x', (size_t)byte);
        size += (size_t)byte;
        message[size++] = 0;
        fields(DNS_A, 1, 9, "addr");
        CHECK_EQ(find("h", DNS_A), DNS_BAD);
    }
}

TEST(pointers_that_lead_nowhere_earlier_are_malformed)
{
    start(0x8180, 0, 1);
    pointer(12);
    fields(DNS_A, 1, 9, "addr");
    CHECK_EQ(find("h", DNS_A), DNS_BAD);
    start(0x8180, 0, 1);
    pointer(20);
    fields(DNS_A, 1, 9, "addr\1h");
    message[size++] = 0;
    CHECK_EQ(find("h", DNS_A), DNS_BAD);
    start(0x8180, 0, 1);
    labels("h");
    pointer(12);
    fields(DNS_A, 1, 9, "addr");
    CHECK_EQ(find("h", DNS_A), DNS_BAD);
    CHECK_EQ(find("h.h", DNS_A), DNS_BAD);
}

TEST(long_names_and_data)
{
    char label[64];
    char host[260];
    char data[1001];

    memset(label, 'l', 63);
    label[63] = '\0';
    snprintf(host, sizeof host, "%s.%s.%s.%.61s", label, label, label, label);
    memset(data, 'd', 1000);
    data[1000] = '\0';
    start(0x8180, 1, 1);
    question(host);
    pointer(12);
    fields(DNS_TXT, 1, 9, data);
    expect(host, DNS_TXT, 9, data);
    host[10] = 'x';
    CHECK_EQ(find(host, DNS_TXT), DNS_NONE);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
