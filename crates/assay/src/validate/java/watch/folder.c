/* A tripwire in the folder of the tests' classes: nobody has a reason to list it, as
 * classes are opened by their names. Reading a directory sets the time of its last
 * access, and setting that time back sets the time of its last change.
 */
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>

#include "watch.h"

#define MAX_FOLDERS 256
#define MAX_PATH 512

static struct {
	char path[MAX_PATH];
	struct timespec changed;
} folders[MAX_FOLDERS];
static int count;

static int note(const char *path, const struct stat *found, int kind, struct FTW *place)
{
	const size_t length = strlen(path);

	(void)found;
	(void)place;
	if (kind == FTW_D && count < MAX_FOLDERS && length < MAX_PATH)
		memcpy(folders[count++].path, path, length + 1);
	return 0;
}

void watch_folder(const char *folder)
{
	const struct timespec times[2] = { { .tv_sec = 0 }, { .tv_nsec = UTIME_OMIT } };

	nftw(folder, note, 16, FTW_PHYS);
	for (int index = 0; index < count; index++) {
		struct stat found;

		utimensat(AT_FDCWD, folders[index].path, times, 0);
		if (stat(folders[index].path, &found) == 0)
			folders[index].changed = found.st_ctim;
	}
}

void check_folder(void)
{
	for (int index = 0; index < count; index++) {
		struct stat found;
		const struct timespec *changed = &folders[index].changed;

		if (stat(folders[index].path, &found) != 0 || found.st_atim.tv_sec != 0
		    || found.st_ctim.tv_sec != changed->tv_sec || found.st_ctim.tv_nsec != changed->tv_nsec) {
			tampered(folders[index].path, "looks through the folder of the tests");
			return;
		}
	}
}
