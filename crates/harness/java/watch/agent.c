/* The agent: what the virtual machine calls, and what the harness calls. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "watch.h"

#define SETTINGS "ASSAY_WATCH"
#define TESTS "target/test-classes"

jvmtiEnv *jvmti;

/* The only thread that reports. */
static jobject reporter;

/* Whether it is the harness itself that reports: on its own thread, and not because
 * tested code called it or made anybody call it.
 */
static bool is_genuine(JNIEnv *env)
{
	jthread thread = NULL;
	bool genuine;

	if ((*jvmti)->GetCurrentThread(jvmti, &thread) != JVMTI_ERROR_NONE)
		return false;
	genuine = reporter != NULL && (*env)->IsSameObject(env, thread, reporter)
		&& !is_called_by_tested_code(env);
	(*env)->DeleteLocalRef(env, thread);
	if (!genuine) {
		const struct culprit culprit = find_culprit(env);

		tampered(culprit.place, "reports in the place of the runner");
	}
	return genuine;
}

static jstring JNICALL native_tests(JNIEnv *env, jclass self)
{
	jthread thread = NULL;

	(void)self;
	if (reporter != NULL || (*jvmti)->GetCurrentThread(jvmti, &thread) != JVMTI_ERROR_NONE)
		return NULL;
	reporter = (*env)->NewGlobalRef(env, thread);
	return (*env)->NewStringUTF(env, setting.tests);
}

static jstring JNICALL native_parts(JNIEnv *env, jclass self)
{
	(void)self;
	return (*env)->NewStringUTF(env, setting.parts);
}

/* A folder such as JUnit makes for a test. */
static void make_folder(void)
{
	char path[64];

	snprintf(path, sizeof path, "/tmp/junit%d%09d", 1 + draw(999999999), draw(1000000000));
	mkdir(path, 0700);
}

/* A port such as a server has that listens on the machine itself. */
static void open_port(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
	if (descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
		listen(descriptor, 50);
}

/* Makes what the other suite has, but for what is Java's. */
static jstring JNICALL native_decoys(JNIEnv *env, jclass self)
{
	(void)self;
	if (strstr(setting.decoys, "folder\n") != NULL)
		make_folder();
	if (strstr(setting.decoys, "server\n") != NULL)
		open_port();
	return (*env)->NewStringUTF(env, setting.decoys);
}

static jint JNICALL native_draw(JNIEnv *env, jclass self, jint bound)
{
	(void)env;
	(void)self;
	return draw(bound);
}

static void JNICALL native_say(JNIEnv *env, jclass self, jstring members)
{
	const char *text;

	(void)self;
	if (!is_genuine(env))
		return;
	text = (*env)->GetStringUTFChars(env, members, NULL);
	if (text != NULL) {
		say(text);
		(*env)->ReleaseStringUTFChars(env, members, text);
	}
}

static void JNICALL native_tampered(JNIEnv *env, jclass self, jstring what, jstring place)
{
	const char *text = (*env)->GetStringUTFChars(env, what, NULL);
	const char *where = place == NULL ? NULL : (*env)->GetStringUTFChars(env, place, NULL);

	(void)self;
	tampered(where, "%s", text == NULL ? "tampers" : text);
	if (text != NULL)
		(*env)->ReleaseStringUTFChars(env, what, text);
	if (where != NULL)
		(*env)->ReleaseStringUTFChars(env, place, where);
}

/* The classes of tests are loaded; no other code than the harness's has run. */
static void JNICALL native_know(JNIEnv *env, jclass self, jobjectArray classes)
{
	(void)self;
	know_tests(env, classes);
	watch_folder(TESTS);
}

static jobjectArray JNICALL native_pending(JNIEnv *env, jclass self)
{
	(void)self;
	return find_pending(env);
}

static void JNICALL native_adopt(JNIEnv *env, jclass self, jobject thread)
{
	(void)self;
	started_by_artifact(env, thread);
}

/* Looks at what the tests have left, before the last line. */
static jboolean JNICALL native_finish(JNIEnv *env, jclass self)
{
	(void)self;
	bool settled = is_settled(env);

	check_folder();
	return settled ? JNI_TRUE : JNI_FALSE;
}

static bool give_natives(JNIEnv *env)
{
	const JNINativeMethod methods[] = {
		{ "tests", "()Ljava/lang/String;", __extension__ (void *)native_tests },
		{ "draw", "(I)I", __extension__ (void *)native_draw },
		{ "say", "(Ljava/lang/String;)V", __extension__ (void *)native_say },
		{ "tampered", "(Ljava/lang/String;Ljava/lang/String;)V", __extension__ (void *)native_tampered },
		{ "parts", "()Ljava/lang/String;", __extension__ (void *)native_parts },
		{ "decoys", "()Ljava/lang/String;", __extension__ (void *)native_decoys },
		{ "know", "([Ljava/lang/Class;)V", __extension__ (void *)native_know },
		{ "pending", "()[Ljava/lang/Runnable;", __extension__ (void *)native_pending },
		{ "adopt", "(Ljava/lang/Thread;)V", __extension__ (void *)native_adopt },
		{ "finish", "()Z", __extension__ (void *)native_finish },
	};
	jclass type = (*env)->FindClass(env, "assay/harness/Watch");

	return type != NULL && (*env)->RegisterNatives(env, type, methods, sizeof methods / sizeof *methods) == 0;
}

static void JNICALL on_start(jvmtiEnv *unused, JNIEnv *env, jthread thread)
{
	(void)unused;
	(void)thread;
	/* Without these there is no report, and without a report no pass. */
	if (!find_loaders(env) || !cuts_stacks(env) || !give_natives(env)) {
		(*env)->ExceptionClear(env);
		return;
	}
	place_hooks(env, CLASS_HOOKS, CLASS_HOOKS_COUNT);
	place_hooks(env, STACK_HOOKS, STACK_HOOKS_COUNT);
	place_hooks(env, FILE_HOOKS, FILE_HOOKS_COUNT);
	place_hooks(env, THREAD_HOOKS, THREAD_HOOKS_COUNT);
}

JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM *machine, char *options, void *reserved)
{
	char *given = getenv(SETTINGS);
	jvmtiEventCallbacks callbacks = { .VMInit = on_start };

	(void)options;
	(void)reserved;
	/* Neither this process nor its children can open its memory, descriptors or
	 * environment in /proc.
	 */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (given == NULL || !open_report())
		return JNI_ERR;
	char *settings = strdup(given);
	memset(given, 0, strlen(given));
	unsetenv(SETTINGS);
	if (settings == NULL)
		return JNI_ERR;
	read_settings(settings);
	free(settings);
	if (setting.watched == NULL)
		return JNI_ERR;
	if ((*machine)->GetEnv(machine, (void **)&jvmti, JVMTI_VERSION_1_2) != JNI_OK
	    || (*jvmti)->SetEventCallbacks(jvmti, &callbacks, sizeof callbacks) != JVMTI_ERROR_NONE)
		return JNI_ERR;
	return (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_INIT, NULL)
			== JVMTI_ERROR_NONE ? JNI_OK : JNI_ERR;
}
