/* Hooks where files are looked for: the class files of tests are opened by whoever
 * loads classes, and by nobody else.
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
			tampered(culprit.place, "looks for the class file of a test");
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

static void look_at_file(JNIEnv *env, jobject file)
{
	static jfieldID path;

	if (file == NULL)
		return;
	if (path == NULL) {
		jclass type = (*env)->FindClass(env, "java/io/File");

		path = (*env)->GetFieldID(env, type, "path", "Ljava/lang/String;");
	}
	jstring text = (*env)->GetObjectField(env, file, path);

	look_at_text(env, text);
	(*env)->DeleteLocalRef(env, text);
}

static void look_at_address(JNIEnv *env, jlong address)
{
	if (address != 0)
		look_at_path(env, (const char *)(uintptr_t)address);
}

static jint (*attributes)(JNIEnv *, jobject, jobject);

static jint JNICALL our_attributes(JNIEnv *env, jobject self, jobject file)
{
	if (armed)
		look_at_file(env, file);
	return attributes(env, self, file);
}

static jboolean (*can_access)(JNIEnv *, jobject, jobject, jint);

static jboolean JNICALL our_can_access(JNIEnv *env, jobject self, jobject file, jint mode)
{
	if (armed)
		look_at_file(env, file);
	return can_access(env, self, file, mode);
}

static jlong (*length_of)(JNIEnv *, jobject, jobject);

static jlong JNICALL our_length_of(JNIEnv *env, jobject self, jobject file)
{
	if (armed)
		look_at_file(env, file);
	return length_of(env, self, file);
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

static void (*stat_path)(JNIEnv *, jclass, jlong, jobject);

static void JNICALL our_stat_path(JNIEnv *env, jclass self, jlong path, jobject found)
{
	if (armed)
		look_at_address(env, path);
	stat_path(env, self, path, found);
}

static jint (*mode_of_path)(JNIEnv *, jclass, jlong);

static jint JNICALL our_mode_of_path(JNIEnv *env, jclass self, jlong path)
{
	if (armed)
		look_at_address(env, path);
	return mode_of_path(env, self, path);
}

static void (*lstat_path)(JNIEnv *, jclass, jlong, jobject);

static void JNICALL our_lstat_path(JNIEnv *env, jclass self, jlong path, jobject found)
{
	if (armed)
		look_at_address(env, path);
	lstat_path(env, self, path, found);
}

static void (*access_path)(JNIEnv *, jclass, jlong, jint);

static void JNICALL our_access_path(JNIEnv *env, jclass self, jlong path, jint mode)
{
	if (armed)
		look_at_address(env, path);
	access_path(env, self, path, mode);
}

static jboolean (*path_exists)(JNIEnv *, jclass, jlong);

static jboolean JNICALL our_path_exists(JNIEnv *env, jclass self, jlong path)
{
	if (armed)
		look_at_address(env, path);
	return path_exists(env, self, path);
}

#define FILES "java/io/UnixFileSystem"
#define PATHS "sun/nio/fs/UnixNativeDispatcher"
#define PATHS_SYMBOL "Java_sun_nio_fs_UnixNativeDispatcher_"

const struct hook FILE_HOOKS[] = {
	HOOK(FILES, "getBooleanAttributes0", "(Ljava/io/File;)I",
	     "Java_java_io_UnixFileSystem_getBooleanAttributes0", attributes, our_attributes),
	HOOK(FILES, "checkAccess", "(Ljava/io/File;I)Z",
	     "Java_java_io_UnixFileSystem_checkAccess", can_access, our_can_access),
	HOOK(FILES, "getLength", "(Ljava/io/File;)J",
	     "Java_java_io_UnixFileSystem_getLength", length_of, our_length_of),
	HOOK("java/io/FileInputStream", "open0", "(Ljava/lang/String;)V",
	     "Java_java_io_FileInputStream_open0", open_input, our_open_input),
	HOOK("java/io/RandomAccessFile", "open0", "(Ljava/lang/String;I)V",
	     "Java_java_io_RandomAccessFile_open0", open_random, our_open_random),
	HOOK(PATHS, "open0", "(JII)I", PATHS_SYMBOL "open0", open_path, our_open_path),
	HOOK(PATHS, "stat0", "(JLsun/nio/fs/UnixFileAttributes;)V", PATHS_SYMBOL "stat0",
	     stat_path, our_stat_path),
	HOOK(PATHS, "stat1", "(J)I", PATHS_SYMBOL "stat1", mode_of_path, our_mode_of_path),
	HOOK(PATHS, "lstat0", "(JLsun/nio/fs/UnixFileAttributes;)V", PATHS_SYMBOL "lstat0",
	     lstat_path, our_lstat_path),
	HOOK(PATHS, "access0", "(JI)V", PATHS_SYMBOL "access0", access_path, our_access_path),
	HOOK(PATHS, "exists0", "(J)Z", PATHS_SYMBOL "exists0", path_exists, our_path_exists),
};
const size_t FILE_HOOKS_COUNT = sizeof FILE_HOOKS / sizeof *FILE_HOOKS;
