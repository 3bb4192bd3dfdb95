/* Hooks where stacks are read, and where threads start. */
#include <string.h>

#include "watch.h"

static void look_at_caller(JNIEnv *env, const char *what)
{
	const struct culprit culprit = find_culprit(env);

	if (culprit.owner == ARTIFACT && culprit.direct && culprit.plain)
		tampered(culprit.place, "%s", what);
}

/* In what the artifact reads of a stack, the tests of either suite look the same. */
static void blur(JNIEnv *env, jobjectArray elements)
{
	jsize length = (*env)->GetArrayLength(env, elements);
	jclass type = (*env)->FindClass(env, "java/lang/StackTraceElement");
	const char *text = "Ljava/lang/String;";
	jfieldID owner = (*env)->GetFieldID(env, type, "declaringClass", text);
	jfieldID method = (*env)->GetFieldID(env, type, "methodName", text);
	jfieldID file = (*env)->GetFieldID(env, type, "fileName", text);
	jfieldID line = (*env)->GetFieldID(env, type, "lineNumber", "I");

	for (jsize index = 0; index < length; index++) {
		jobject element = (*env)->GetObjectArrayElement(env, elements, index);
		jobject class_name = (*env)->GetObjectField(env, element, owner);
		char name[MAX_NAME];

		read_name(env, class_name, name);
		if (is_of_tests(name)) {
			(*env)->SetObjectField(env, element, owner, (*env)->NewStringUTF(env, "Test"));
			(*env)->SetObjectField(env, element, method, (*env)->NewStringUTF(env, "test"));
			(*env)->SetObjectField(env, element, file, (*env)->NewStringUTF(env, "Test.java"));
			(*env)->SetIntField(env, element, line, 1);
		}
		(*env)->DeleteLocalRef(env, class_name);
		(*env)->DeleteLocalRef(env, element);
	}
}

static void (*fill_elements)(JNIEnv *, jclass, jobjectArray, jobject);

static void JNICALL our_fill_elements(JNIEnv *env, jclass self, jobjectArray elements, jobject thrown)
{
	fill_elements(env, self, elements, thrown);
	if (armed && !(*env)->ExceptionCheck(env)) {
		const struct culprit culprit = find_culprit(env);

		if (culprit.owner != ARTIFACT)
			return;
		if (culprit.direct && culprit.plain && strcmp(culprit.called, "getStackTrace") == 0)
			tampered(culprit.place, "reads its stack");
		if ((*env)->PushLocalFrame(env, 64) == 0) {
			blur(env, elements);
			(*env)->PopLocalFrame(env, NULL);
		}
	}
}

static jobject (*walk)(JNIEnv *, jobject, jlong, jint, jint, jint, jobjectArray);

static jobject JNICALL our_walk(JNIEnv *env, jobject self, jlong mode, jint skip, jint batch, jint start,
				jobjectArray frames)
{
	if (armed)
		look_at_caller(env, "walks its stack");
	return walk(env, self, mode, skip, batch, start, frames);
}

static jobjectArray (*dump_threads)(JNIEnv *, jclass, jobjectArray);

static jobjectArray JNICALL our_dump_threads(JNIEnv *env, jclass self, jobjectArray threads)
{
	if (armed)
		look_at_caller(env, "reads the stacks of threads");
	return dump_threads(env, self, threads);
}

static jobjectArray (*class_context)(JNIEnv *, jobject);

static jobjectArray JNICALL our_class_context(JNIEnv *env, jobject self)
{
	if (armed)
		look_at_caller(env, "reads the classes on its stack");
	return class_context(env, self);
}

static void (*start_thread)(JNIEnv *, jobject);

static void JNICALL our_start_thread(JNIEnv *env, jobject thread)
{
	if (armed) {
		const struct culprit culprit = find_culprit(env);

		if (culprit.owner == ARTIFACT)
			started_by_artifact(env, thread);
	}
	start_thread(env, thread);
}

const struct hook STACK_HOOKS[] = {
	HOOK("java/lang/StackTraceElement", "initStackTraceElements",
	     "([Ljava/lang/StackTraceElement;Ljava/lang/Throwable;)V",
	     "Java_java_lang_StackTraceElement_initStackTraceElements", fill_elements, our_fill_elements),
	HOOK("java/lang/StackStreamFactory$AbstractStackWalker", "callStackWalk",
	     "(JIII[Ljava/lang/Object;)Ljava/lang/Object;",
	     "Java_java_lang_StackStreamFactory_00024AbstractStackWalker_callStackWalk", walk, our_walk),
	HOOK("java/lang/Thread", "dumpThreads", "([Ljava/lang/Thread;)[[Ljava/lang/StackTraceElement;",
	     "JVM_DumpThreads", dump_threads, our_dump_threads),
	HOOK("java/lang/SecurityManager", "getClassContext", "()[Ljava/lang/Class;",
	     "Java_java_lang_SecurityManager_getClassContext", class_context, our_class_context),
	HOOK("java/lang/Thread", "start0", "()V", "JVM_StartThread", start_thread, our_start_thread),
};
const size_t STACK_HOOKS_COUNT = sizeof STACK_HOOKS / sizeof *STACK_HOOKS;
