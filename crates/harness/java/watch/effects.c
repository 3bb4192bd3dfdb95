/* What code of the artifact does when all tests are over: nobody looks at that any more,
 * so a test that passed by its being late has proved nothing.
 */
#include <fcntl.h>
#include <stdint.h>

#include "watch.h"

static bool looks, seen;

void look_for_effects(JNIEnv *env)
{
	looks = true;
	place_hooks(env, EFFECT_HOOKS, EFFECT_HOOKS_COUNT);
}

bool had_effects(void)
{
	return seen;
}

void look_at_effect(JNIEnv *env, const char *what)
{
	if (looks && !seen) {
		const struct culprit culprit = find_culprit(env);

		if (culprit.owner == ARTIFACT) {
			seen = true;
			noted(culprit.place, "%s after the tests", what);
		}
	}
}

static void (*open_output)(JNIEnv *, jobject, jstring, jboolean);

static void JNICALL our_open_output(JNIEnv *env, jobject self, jstring path, jboolean append)
{
	look_at_effect(env, "writes to a file");
	open_output(env, self, path, append);
}

static void (*make_directory)(JNIEnv *, jclass, jlong, jint);

static void JNICALL our_make_directory(JNIEnv *env, jclass self, jlong path, jint mode)
{
	look_at_effect(env, "makes a directory");
	make_directory(env, self, path, mode);
}

static void (*rename_path)(JNIEnv *, jclass, jlong, jlong);

static void JNICALL our_rename_path(JNIEnv *env, jclass self, jlong from, jlong to)
{
	look_at_effect(env, "moves a file");
	rename_path(env, self, from, to);
}

static jboolean (*rename_file)(JNIEnv *, jobject, jobject, jobject);

static jboolean JNICALL our_rename_file(JNIEnv *env, jobject self, jobject from, jobject to)
{
	look_at_effect(env, "moves a file");
	return rename_file(env, self, from, to);
}

static jint (*connect_to)(JNIEnv *, jclass, jboolean, jobject, jobject, jint);

static jint JNICALL our_connect_to(JNIEnv *env, jclass self, jboolean prefer, jobject descriptor,
				   jobject remote, jint port)
{
	look_at_effect(env, "connects to a host");
	return connect_to(env, self, prefer, descriptor, remote, port);
}

static jint (*start_process)(JNIEnv *, jobject, jint, jbyteArray, jbyteArray, jbyteArray, jint, jbyteArray,
			     jint, jbyteArray, jintArray, jboolean);

static jint JNICALL our_start_process(JNIEnv *env, jobject self, jint mode, jbyteArray helper,
				      jbyteArray program, jbyteArray arguments, jint count,
				      jbyteArray environment, jint variables, jbyteArray directory,
				      jintArray descriptors, jboolean redirects)
{
	look_at_effect(env, "starts a process");
	return start_process(env, self, mode, helper, program, arguments, count, environment, variables,
			     directory, descriptors, redirects);
}

const struct hook EFFECT_HOOKS[] = {
	HOOK("java/io/FileOutputStream", "open0", "(Ljava/lang/String;Z)V",
	     "Java_java_io_FileOutputStream_open0", open_output, our_open_output),
	HOOK("java/io/UnixFileSystem", "rename0", "(Ljava/io/File;Ljava/io/File;)Z",
	     "Java_java_io_UnixFileSystem_rename0", rename_file, our_rename_file),
	HOOK("sun/nio/fs/UnixNativeDispatcher", "mkdir0", "(JI)V",
	     "Java_sun_nio_fs_UnixNativeDispatcher_mkdir0", make_directory, our_make_directory),
	HOOK("sun/nio/fs/UnixNativeDispatcher", "rename0", "(JJ)V",
	     "Java_sun_nio_fs_UnixNativeDispatcher_rename0", rename_path, our_rename_path),
	HOOK("sun/nio/ch/Net", "connect0", "(ZLjava/io/FileDescriptor;Ljava/net/InetAddress;I)I",
	     "Java_sun_nio_ch_Net_connect0", connect_to, our_connect_to),
	HOOK("java/lang/ProcessImpl", "forkAndExec", "(I[B[B[BI[BI[B[IZ)I",
	     "Java_java_lang_ProcessImpl_forkAndExec", start_process, our_start_process),
};
const size_t EFFECT_HOOKS_COUNT = sizeof EFFECT_HOOKS / sizeof *EFFECT_HOOKS;
