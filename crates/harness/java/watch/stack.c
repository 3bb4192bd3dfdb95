/* Who is behind what is done: a look at the frames of the present thread. */
#include <stdio.h>
#include <string.h>

#include "watch.h"

static jobject platform_loader, application_loader;

bool find_loaders(JNIEnv *env)
{
	jclass type = (*env)->FindClass(env, "java/lang/ClassLoader");
	const char *result = "()Ljava/lang/ClassLoader;";
	jobject *loaders[] = { &platform_loader, &application_loader };
	const char *names[] = { "getPlatformClassLoader", "getSystemClassLoader" };

	for (int index = 0; type != NULL && index < 2; index++) {
		jmethodID method = (*env)->GetStaticMethodID(env, type, names[index], result);
		jobject loader = method == NULL ? NULL : (*env)->CallStaticObjectMethod(env, type, method);

		*loaders[index] = loader == NULL ? NULL : (*env)->NewGlobalRef(env, loader);
	}
	return platform_loader != NULL && application_loader != NULL;
}

/* What the platform makes for reflection and proxies has any loader. Whose code it
 * leads to has frames of its own.
 */
static bool is_made_by_platform(const char *name)
{
	return strncmp(name, "jdk/internal/reflect/", 21) == 0 || strncmp(name, "jdk/proxy", 9) == 0
		|| strncmp(name, "com/sun/proxy/", 14) == 0
		|| strcmp(name, "sun/reflect/misc/Trampoline") == 0;
}

enum owner owner_of(JNIEnv *env, jclass type, char name[MAX_NAME])
{
	jobject loader = NULL;
	char *signature = NULL;
	enum owner owner = LIBRARY;

	name[0] = 0;
	if ((*jvmti)->GetClassLoader(jvmti, type, &loader) != JVMTI_ERROR_NONE)
		return LIBRARY;
	if ((*jvmti)->GetClassSignature(jvmti, type, &signature, NULL) == JVMTI_ERROR_NONE) {
		const char *begin = signature;

		while (*begin == '[')
			begin++;
		begin += *begin == 'L';
		snprintf(name, MAX_NAME, "%s", begin);
		name[strcspn(name, ";")] = 0;
		(*jvmti)->Deallocate(jvmti, (unsigned char *)signature);
	}
	if (loader == NULL || (*env)->IsSameObject(env, loader, platform_loader))
		owner = PLATFORM;
	else if (is_made_by_platform(name))
		owner = PLATFORM;
	else if (strstr(name, "MockitoMock") != NULL)
		owner = RUNNER;
	else if (!(*env)->IsSameObject(env, loader, application_loader))
		owner = ARTIFACT;
	else if (is_of_tests(name))
		owner = TEST;
	else if (is_of_runner(name))
		owner = RUNNER;
	else if (is_of_artifact(name))
		owner = ARTIFACT;
	if (loader != NULL)
		(*env)->DeleteLocalRef(env, loader);
	return owner;
}

static enum owner owner_of_frame(JNIEnv *env, const jvmtiFrameInfo *frame, char name[MAX_NAME])
{
	jclass type = NULL;
	enum owner owner;

	name[0] = 0;
	if ((*jvmti)->GetMethodDeclaringClass(jvmti, frame->method, &type) != JVMTI_ERROR_NONE)
		return LIBRARY;
	owner = owner_of(env, type, name);
	(*env)->DeleteLocalRef(env, type);
	return owner;
}

static void copy_method(const jvmtiFrameInfo *frame, char name[MAX_NAME])
{
	char *method = NULL;

	name[0] = 0;
	if ((*jvmti)->GetMethodName(jvmti, frame->method, &method, NULL, NULL) == JVMTI_ERROR_NONE) {
		snprintf(name, MAX_NAME, "%s", method);
		(*jvmti)->Deallocate(jvmti, (unsigned char *)method);
	}
}

/* Parts of the platform that do for their caller what they are asked for. */
static bool is_plain(const char *name)
{
	static const char *const PLAIN[] = {
		"java/lang/StackWalker", "java/lang/StackStreamFactory", "java/lang/reflect/",
		"jdk/internal/reflect/", "java/lang/invoke/", "java/util/stream/", "java/util/Spliterator",
		"java/lang/Class", "java/lang/Throwable", "java/lang/Thread", "java/lang/StackTraceElement",
		"java/lang/SecurityManager", "jdk/internal/loader/", "jdk/proxy", "com/sun/proxy/",
	};

	for (size_t index = 0; index < sizeof PLAIN / sizeof *PLAIN; index++) {
		if (strncmp(name, PLAIN[index], strlen(PLAIN[index])) == 0)
			return true;
	}
	return false;
}

struct culprit find_culprit(JNIEnv *env)
{
	struct culprit culprit = { .owner = PLATFORM, .direct = true, .programmed = true, .plain = true };
	jvmtiFrameInfo frames[MAX_FRAMES];
	bool is_of_client = false;
	jint count = 0;

	if ((*jvmti)->GetStackTrace(jvmti, NULL, 0, MAX_FRAMES, frames, &count) != JVMTI_ERROR_NONE)
		return culprit;
	for (jint index = 0; index < count; index++) {
		char name[MAX_NAME], method[MAX_NAME];
		enum owner owner = owner_of_frame(env, &frames[index], name);

		if (owner == PLATFORM) {
			is_of_client |= strncmp(name, "jdk/internal/net/http/", 22) == 0;
			culprit.plain &= is_plain(name);
			copy_method(&frames[index], culprit.called);
			continue;
		}
		if (owner == LIBRARY) {
			culprit.direct = false;
			culprit.programmed &= is_interpreter(name);
			continue;
		}
		culprit.owner = owner;
		copy_method(&frames[index], method);
		for (char *sign = name; *sign != 0; sign++)
			*sign = *sign == '/' ? '.' : *sign;
		snprintf(culprit.place, sizeof culprit.place, "%s.%s", name, method);
		return culprit;
	}
	/* Nobody is on the stack of a thread that was given a method of the platform to run.
	 * The threads of the HTTP client run its own, and load its classes. */
	if (!is_of_client && is_started_by_artifact(env)) {
		culprit.owner = ARTIFACT;
		culprit.plain = true;
		snprintf(culprit.place, sizeof culprit.place, "a thread of the answer");
	}
	return culprit;
}

bool is_called_by_tested_code(JNIEnv *env)
{
	jvmtiFrameInfo frames[MAX_FRAMES];
	jint count = 0;

	if ((*jvmti)->GetStackTrace(jvmti, NULL, 0, MAX_FRAMES, frames, &count) != JVMTI_ERROR_NONE)
		return true;
	for (jint index = 0; index < count; index++) {
		char name[MAX_NAME];
		enum owner owner = owner_of_frame(env, &frames[index], name);

		if (owner == ARTIFACT || owner == TEST)
			return true;
	}
	return count == MAX_FRAMES;
}
