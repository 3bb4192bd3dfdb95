/* Hooks where files are opened: those of the tests' classes are read by whoever loads
 * classes, and by nobody else. To find them harms nothing.
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "watch.h"

#define FOLDER "test-classes/"
#define SUFFIX ".class"
#define MAX_PATH 1024

static void look_at_path(JNIEnv *env, const char *path)
{
	const char *begin = strstr(path, FOLDER);
	char name[MAX_NAME];
	size_t length;

	if (begin == NULL)
		return;
	begin += strlen(FOLDER);
	length = strlen(begin);
	if (length >= sizeof name || length <= strlen(SUFFIX)
	    || strcmp(begin + length - strlen(SUFFIX), SUFFIX) != 0)
		return;
	memcpy(name, begin, length + 1);
	name[length - strlen(SUFFIX)] = 0;
	if (is_test_itself(name)) {
		const struct culprit culprit = find_culprit(env);

		if (culprit.owner == ARTIFACT)
			tampered(culprit.place, "reads the class file of a test");
	}
}

static void look_at_text(JNIEnv *env, jstring text)
{
	char path[3 * MAX_PATH + 1];
	jsize length = text == NULL ? 0 : (*env)->GetStringLength(env, text);

	if (length == 0 || length > MAX_PATH)
		return;
	(*env)->GetStringUTFRegion(env, text, 0, length, path);
	look_at_path(env, path);
}

static void look_at_address(JNIEnv *env, jlong address)
{
	if (address != 0)
		look_at_path(env, (const char *)(uintptr_t)address);
}

static void (*open_input)(JNIEnv *, jobject, jstring);

static void JNICALL our_open_input(JNIEnv *env, jobject self, jstring path)
{
	if (armed)
		look_at_text(env, path);
	open_input(env, self, path);
}

static void (*open_random)(JNIEnv *, jobject, jstring, jint);

static void JNICALL our_open_random(JNIEnv *env, jobject self, jstring path, jint mode)
{
	if (armed)
		look_at_text(env, path);
	/* O_RDONLY is 1 in the platform's own numbers. */
	if ((mode & 1) == 0)
		look_at_effect(env, "writes to a file");
	open_random(env, self, path, mode);
}

static jint (*open_path)(JNIEnv *, jclass, jlong, jint, jint);

static jint JNICALL our_open_path(JNIEnv *env, jclass self, jlong path, jint flags, jint mode)
{
	if (armed)
		look_at_address(env, path);
	if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0)
		look_at_effect(env, "writes to a file");
	return open_path(env, self, path, flags, mode);
}

const struct hook FILE_HOOKS[] = {
	HOOK("java/io/FileInputStream", "open0", "(Ljava/lang/String;)V",
	     "Java_java_io_FileInputStream_open0", open_input, our_open_input),
	HOOK("java/io/RandomAccessFile", "open0", "(Ljava/lang/String;I)V",
	     "Java_java_io_RandomAccessFile_open0", open_random, our_open_random),
	HOOK("sun/nio/fs/UnixNativeDispatcher", "open0", "(JII)I",
	     "Java_sun_nio_fs_UnixNativeDispatcher_open0", open_path, our_open_path),
};
const size_t FILE_HOOKS_COUNT = sizeof FILE_HOOKS / sizeof *FILE_HOOKS;
