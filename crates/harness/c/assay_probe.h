/* What a test's process tries of itself once its test has returned: whether
 * comparisons tell things apart, whether the sanitizer still marks memory, and, in a
 * child, whether one thing that must end a program still does.
 */
#ifndef ASSAY_PROBE_H
#define ASSAY_PROBE_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assay_channel.h"
#include "assay_test.h"

int __asan_address_is_poisoned(const volatile void *address);

/* The compiler must not know what is in these. */
static char *volatile assay_place;
static volatile size_t assay_beyond;
static char assay_global[24];

/* Whether the functions that checks are made of tell a token from what is nearly
 * the same. */
static int assay_compares(const char *token)
{
    char same[ASSAY_TOKEN_LENGTH], other[ASSAY_TOKEN_LENGTH];
    char text[ASSAY_TOKEN_LENGTH + 1], later[ASSAY_TOKEN_LENGTH + 1];
    int (*volatile compare_memory)(const void *, const void *, size_t) = memcmp;
    int (*volatile compare_text)(const char *, const char *) = strcmp;
    int (*volatile compare_part)(const char *, const char *, size_t) = strncmp;
    size_t (*volatile length)(const char *) = strlen;

    memcpy(same, token, sizeof same);
    memcpy(other, token, sizeof other);
    other[(unsigned char)token[0] % sizeof other] ^= 1;
    for (size_t i = 0; i < sizeof other; i++)
        text[i] = (char)('a' + (token[i] & 15));
    text[sizeof other] = '\0';
    memcpy(later, text, sizeof later);
    later[(unsigned char)token[1] % sizeof other] ^= 0x20;
    return compare_memory(same, token, sizeof same) == 0 &&
           compare_memory(other, token, sizeof other) != 0 && compare_text(text, text) == 0 &&
           compare_text(text, later) != 0 && compare_text(later, text) != 0 &&
           compare_part(text, later, sizeof later) != 0 && length(text) == sizeof other;
}

/* Whether memory beside and after its life is out of bounds. */
static int assay_poisons(const char *token)
{
    size_t size = 1 + (unsigned char)token[2];
    char *memory = malloc(size);
    int marked;

    if (memory == NULL)
        return 0;
    marked = !__asan_address_is_poisoned(memory) &&
             !__asan_address_is_poisoned(memory + size - 1) &&
             __asan_address_is_poisoned(memory + size) &&
             __asan_address_is_poisoned(memory - 1) &&
             __asan_address_is_poisoned(assay_global + sizeof assay_global);
    assay_place = memory;
    free(memory);
    return marked && __asan_address_is_poisoned(assay_place);
}

/* What these do is wrong on purpose, to see that it is noticed. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#pragma GCC diagnostic ignored "-Wanalyzer-null-argument"
#pragma GCC diagnostic ignored "-Wanalyzer-possible-null-argument"
#pragma GCC diagnostic ignored "-Wanalyzer-use-after-free"
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
static void assay_try(int probe)
{
    char local[8] = "";
    char *memory = malloc(16), *target = malloc(8);

    assay_beyond = 16;
    switch (probe) {
    case ASSAY_READS_BEYOND:
        assay_place = memory;
        local[0] = assay_place[assay_beyond];
        break;
    case ASSAY_COPIES_BEYOND:
        assay_place = memcpy(target, memory, assay_beyond);
        break;
    case ASSAY_USES_FREED:
        assay_place = memory;
        free(memory);
        assay_place[0] = 1;
        break;
    case ASSAY_WRITES_BEYOND_STACK:
        assay_place = local;
        assay_place[assay_beyond - 8] = 1;
        break;
    case ASSAY_READS_BEYOND_GLOBAL:
        assay_place = assay_global;
        local[0] = assay_place[assay_beyond + 8];
        break;
    case ASSAY_FAILS_A_CHECK:
        CHECK(assay_beyond == 0);
        break;
    default:
        abort();
    }
    assay_place = local;
}
#pragma GCC diagnostic pop

/* Whether a child ends as it must by a probe. */
static int assay_survives(int probe)
{
    int status = 0;
    pid_t child = fork();

    if (child < 0)
        return ASSAY_CANNOT_FORK;
    if (child == 0) {
        /* What it says is nobody's failure. */
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

        close(ASSAY_TEST_CHANNEL);
        /* A handler of this signal is the artifact's own affair. */
        signal(SIGABRT, SIG_DFL);
        if (dup2(nowhere, 1) == 1 && dup2(nowhere, 2) == 2)
            assay_try(probe);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return ASSAY_CANNOT_FORK;
    if (probe == ASSAY_ABORTS)
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? ASSAY_SOUND : ASSAY_SURVIVES;
    return WIFEXITED(status) && WEXITSTATUS(status) == 1 ? ASSAY_SOUND : ASSAY_SURVIVES;
}

static int assay_sense(const struct assay_proof *proof)
{
    if (!assay_compares(proof->token))
        return ASSAY_COMPARES_WRONGLY;
    if (!assay_poisons(proof->token))
        return ASSAY_POISONS_NOTHING;
    return proof->probe < ASSAY_PROBES ? assay_survives(proof->probe) : ASSAY_SOUND;
}

#endif
