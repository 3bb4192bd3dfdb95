#define _GNU_SOURCE
#include "assay_test.h"
#include "letter_merge.h"

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>

static char text[4096];

static int merge(const char *letter, const struct letter_field *fields, size_t count,
                 const char *rules)
{
    memset(text, 0x5a, sizeof text);
    return letter_merge(letter, fields, count, rules, text, sizeof text);
}

static const struct letter_field customer[] = {
    {"NAME", "Jane Miller"},
    {"CITY", "Springfield"},
    {"ORDER_2", "4711"},
    {"NOTE", ""},
};

static void expect(const char *letter, const char *rules, const char *expected)
{
    CHECK_EQ(merge(letter, customer, 4, rules), (int)strlen(expected));
    CHECK_STR(text, expected);
}

TEST(placeholders_are_filled)
{
    expect("Dear @NAME@,\nyour order @ORDER_2@ is on its way to @CITY@.\n", NULL,
           "Dear Jane Miller,\nyour order 4711 is on its way to Springfield.\n");
}

TEST(placeholder_may_occur_often_and_not_at_all)
{
    expect("@CITY@@CITY@ and @CITY@\n@CITY@\n", NULL,
           "SpringfieldSpringfield and Springfield\nSpringfield\n");
    expect("Nothing to fill in.\n", NULL, "Nothing to fill in.\n");
}

TEST(empty_value_leaves_nothing)
{
    expect("[@NOTE@]\n@NOTE@\n", NULL, "[]\n\n");
}

TEST(other_at_signs_stay)
{
    expect("mail: office@example.com, @UNKNOWN@, @name@, @@, @ NAME@\n", NULL,
           "mail: office@example.com, @UNKNOWN@, @name@, @@, @ NAME@\n");
    expect("@NAMES@ @NAM@\n", NULL, "@NAMES@ @NAM@\n");
}

TEST(names_that_begin_alike_are_told_apart)
{
    static const struct letter_field fields[] = {{"N", "one"}, {"NA", "two"}, {"NAME", "three"}};

    CHECK_EQ(merge("@NAME@ @N@ @NA@\n", fields, 3, NULL), 14);
    CHECK_STR(text, "three one two\n");
}

TEST(letter_without_fields)
{
    CHECK_EQ(merge("Dear @NAME@\n", NULL, 0, NULL), 12);
    CHECK_STR(text, "Dear @NAME@\n");
    CHECK_EQ(merge("", NULL, 0, NULL), 0);
    CHECK_STR(text, "");
    CHECK_EQ(merge("", customer, 4, "s/a/b/"), 0);
    CHECK_STR(text, "");
}

TEST(values_may_have_ordinary_punctuation)
{
    static const struct letter_field fields[] = {
        {"FIRM", "Smith & Sons (1/2), \"The O'Neill's\" #5; 100% *new*"},
        {"PRICE", "$12.50 [net] {a,b} <c> ^d~ !?=+-_:"},
    };
    const char *expected = "Smith & Sons (1/2), \"The O'Neill's\" #5; 100% *new*\n"
                           "$12.50 [net] {a,b} <c> ^d~ !?=+-_:\n";

    CHECK_EQ(merge("@FIRM@\n@PRICE@\n", fields, 2, NULL), (int)strlen(expected));
    CHECK_STR(text, expected);
}

TEST(rules_are_applied)
{
    expect("The Acmephone, the acmephone.\n", "s/[Aa]cmephone/AcmePhone/g",
           "The AcmePhone, the AcmePhone.\n");
    expect("one\ntwo\nthree\n", "/^t/s/t/T/\n1d\n$s/$/!/", "Two\nThree!\n");
}

TEST(rules_are_applied_to_values)
{
    expect("Dear @NAME@\n", "s/Miller/Mueller/\ns/Dear/Hello/", "Hello Jane Mueller\n");
}

TEST(wrong_rules_are_an_error)
{
    CHECK_EQ(merge("Dear @NAME@\n", customer, 4, "s/a/b"), -1);
    CHECK_EQ(merge("Dear @NAME@\n", customer, 4, "no such command"), -1);
}

TEST(text_must_fit_with_its_nul)
{
    char *exact = malloc(18);

    CHECK(exact != NULL);
    CHECK_EQ(letter_merge("Dear @NAME@\n", customer, 4, NULL, exact, 18), 17);
    CHECK_STR(exact, "Dear Jane Miller\n");
    CHECK_EQ(letter_merge("Dear @NAME@\n", customer, 4, "s/J/j/", exact, 18), 17);
    CHECK_STR(exact, "Dear jane Miller\n");
    CHECK_EQ(letter_merge("Dear @NAME@\n", customer, 4, NULL, exact, 17), -1);
    CHECK_EQ(letter_merge("Dear @NAME@\n", customer, 4, "s/a/b/", exact, 17), -1);
    CHECK_EQ(letter_merge("Dear @NAME@\n", customer, 4, NULL, exact, 1), -1);
    CHECK_EQ(letter_merge("", customer, 4, NULL, exact, 1), 0);
    CHECK_STR(exact, "");
    free(exact);
}

TEST(letter_may_be_large)
{
    static char letter[200000];
    static char result[400000];
    size_t length = 0;

    for (int i = 0; i < 10000; i++)
        length += (size_t)sprintf(letter + length, i == 9999 ? "@CITY@ %d\n" : "Item %d\n", i);
    CHECK_EQ(letter_merge(letter, customer, 4, "s/It/Sum/\ns/Sp/p/", result, sizeof result),
             (int)length + 9999 + 4);
    CHECK_MEM(result, "Sumem 0\nSumem 1\n", 16);
    CHECK_STR(result + strlen(result) - 16, "pringfield 9999\n");
}

TEST(many_fields_are_filled)
{
    static char names[60][8];
    static char letter[1024];
    static char expected[1024];
    struct letter_field fields[60];

    for (int i = 0; i < 60; i++) {
        snprintf(names[i], sizeof names[i], "F%d", i);
        fields[i].name = names[i];
        fields[i].value = i % 2 ? "odd" : "even";
        snprintf(letter + strlen(letter), 16, "@F%d@ ", i);
        strcat(expected, i % 2 ? "odd " : "even ");
    }
    strcat(letter, "\n");
    strcat(expected, "\n");
    CHECK_EQ(merge(letter, fields, 60, NULL), (int)strlen(expected));
    CHECK_STR(text, expected);
}

static int open_files(void)
{
    DIR *listing = opendir("/proc/self/fd");
    int count = 0;

    CHECK(listing != NULL);
    while (readdir(listing) != NULL)
        count++;
    closedir(listing);
    return count;
}

TEST(nothing_stays_behind)
{
    int before = open_files();

    for (int i = 0; i < 4; i++) {
        expect("Dear @NAME@\n", "s/a/b/", "Debr Jane Miller\n");
        CHECK_EQ(merge("Dear @NAME@\n", customer, 4, "s/a"), -1);
    }
    CHECK_EQ(open_files(), before);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
