/* A tripwire at the files of the tests' classes: nobody has a reason to read one once it
 * is loaded. Reading sets the time of the last access, and setting that time back sets
 * the time of the last change.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>

#include "watch.h"

#define MAX_PLACES 1024
#define MAX_PATH 512

static struct {
	char path[MAX_PATH];
	struct timespec changed;
} places[MAX_PLACES];
static int count;

static void note(const char *path)
{
	const size_t length = strlen(path);

	if (count < MAX_PLACES && length < MAX_PATH)
		memcpy(places[count++].path, path, length + 1);
}

/* Notes the classes of these names, a line each. */
static void note_classes(const char *folder, const char *names)
{
	while (*names != 0) {
		const size_t length = strcspn(names, "\n");
		char path[MAX_PATH];

		snprintf(path, sizeof path, "%s/%.*s.class", folder, (int)length, names);
		note(path);
		names += length + (names[length] == '\n');
	}
}

void watch_folder(const char *folder)
{
	const struct timespec times[2] = { { .tv_sec = 0 }, { .tv_nsec = UTIME_OMIT } };

	note_classes(folder, setting.watched);
	for (int index = 0; index < count; index++) {
		struct stat found;

		utimensat(AT_FDCWD, places[index].path, times, 0);
		if (stat(places[index].path, &found) == 0)
			places[index].changed = found.st_ctim;
	}
}

void check_folder(void)
{
	for (int index = 0; index < count; index++) {
		struct stat found;
		const struct timespec *changed = &places[index].changed;

		if (stat(places[index].path, &found) != 0 || found.st_atim.tv_sec != 0
		    || found.st_ctim.tv_sec != changed->tv_sec || found.st_ctim.tv_nsec != changed->tv_nsec) {
			tampered(places[index].path, "reads the class of a test");
			return;
		}
	}
}
