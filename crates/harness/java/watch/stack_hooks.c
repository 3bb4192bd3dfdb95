/* Hooks where stacks are read. Reading one is nobody's offence, and shows nothing: a
 * stack ends with the first frame of a test, whose names are drawn, so that neither what
 * a test calls by nor how deep it is tells the suites apart.
 */
#include <stdio.h>
#include <string.h>

#include "watch.h"

#define MAX_TESTS 256
#define WALKER "java/lang/StackStreamFactory$AbstractStackWalker"

static jclass tests[MAX_TESTS];
static int count;

/* The parts of the platform in which a stack is. */
static jfieldID backtrace, depth, declaring_class, member_name, class_of_member, redefined;
static jclass element_type, class_type, throwable_type, walker_type, factory_type;
static jmethodID make_throwable;

/* A backtrace is a chain of pieces of so many frames. A piece is an array, with the
 * classes of the frames in one place and the next piece in another.
 */
enum { PIECE = 32, PIECE_SIZE = 6, CLASSES_PLACE = 2, NEXT_PLACE = 4 };

void know_tests(JNIEnv *env, jobjectArray classes)
{
	jsize length = (*env)->GetArrayLength(env, classes);

	for (jsize index = 0; index < length && count < MAX_TESTS; index++) {
		jclass type = (*env)->GetObjectArrayElement(env, classes, index);

		tests[count++] = (*env)->NewGlobalRef(env, type);
		(*env)->DeleteLocalRef(env, type);
	}
}

static bool is_test(JNIEnv *env, jobject type)
{
	for (int index = 0; index < count; index++) {
		if ((*env)->IsSameObject(env, type, tests[index]))
			return true;
	}
	return false;
}

void forget_members(JNIEnv *env, jclass type)
{
	/* What is kept holds for the definition of the class that has this number. */
	if (is_test(env, type))
		(*env)->SetIntField(env, type, redefined, (*env)->GetIntField(env, type, redefined) + 1);
}

/* Ends the stack of what was thrown with the first frame of a test. */
static void cut(JNIEnv *env, jobject thrown)
{
	jobjectArray piece;
	jint kept = 0;

	if ((*env)->PushLocalFrame(env, 64) != 0)
		return;
	piece = (*env)->GetObjectField(env, thrown, backtrace);
	while (piece != NULL) {
		jobjectArray classes = (*env)->GetObjectArrayElement(env, piece, CLASSES_PLACE);

		for (jsize index = 0; classes != NULL && index < PIECE; index++) {
			jobject type = (*env)->GetObjectArrayElement(env, classes, index);
			bool found = type != NULL && is_test(env, type);

			(*env)->DeleteLocalRef(env, type);
			if (type == NULL)
				goto done;
			kept++;
			if (!found)
				continue;
			if (index + 1 < PIECE)
				(*env)->SetObjectArrayElement(env, classes, index + 1, NULL);
			else
				(*env)->SetObjectArrayElement(env, piece, NEXT_PLACE, NULL);
			(*env)->SetIntField(env, thrown, depth, kept);
			goto done;
		}
		(*env)->DeleteLocalRef(env, classes);
		piece = (*env)->GetObjectArrayElement(env, piece, NEXT_PLACE);
	}
done:
	(*env)->PopLocalFrame(env, NULL);
}

/* Whether a backtrace has the form that it is cut by. */
static bool has_known_form(JNIEnv *env)
{
	jobject thrown = (*env)->NewObject(env, throwable_type, make_throwable);
	jobjectArray piece = thrown == NULL ? NULL : (*env)->GetObjectField(env, thrown, backtrace);
	jclass array = (*env)->FindClass(env, "[Ljava/lang/Object;");

	if (piece == NULL)
		/* No Java code runs yet, so there is no frame. */
		return true;
	if (!(*env)->IsInstanceOf(env, piece, array) || (*env)->GetArrayLength(env, piece) != PIECE_SIZE)
		return false;
	jobject classes = (*env)->GetObjectArrayElement(env, piece, CLASSES_PLACE);

	return classes != NULL && (*env)->IsInstanceOf(env, classes, array)
		&& (*env)->GetArrayLength(env, classes) == PIECE;
}

static jclass find_type(JNIEnv *env, const char *name)
{
	jclass type = (*env)->FindClass(env, name);

	return type == NULL ? NULL : (*env)->NewGlobalRef(env, type);
}

bool cuts_stacks(JNIEnv *env)
{
	jclass info = find_type(env, "java/lang/StackFrameInfo");
	jclass member = find_type(env, "java/lang/invoke/MemberName");

	element_type = find_type(env, "java/lang/StackTraceElement");
	class_type = find_type(env, "java/lang/Class");
	throwable_type = find_type(env, "java/lang/Throwable");
	walker_type = find_type(env, "java/lang/StackWalker");
	factory_type = find_type(env, WALKER);
	if (info == NULL || member == NULL || element_type == NULL || class_type == NULL
	    || throwable_type == NULL || walker_type == NULL || factory_type == NULL)
		return false;
	make_throwable = (*env)->GetMethodID(env, throwable_type, "<init>", "()V");
	backtrace = (*env)->GetFieldID(env, throwable_type, "backtrace", "Ljava/lang/Object;");
	depth = (*env)->GetFieldID(env, throwable_type, "depth", "I");
	declaring_class = (*env)->GetFieldID(env, element_type, "declaringClass", "Ljava/lang/String;");
	member_name = (*env)->GetFieldID(env, info, "memberName", "Ljava/lang/Object;");
	class_of_member = (*env)->GetFieldID(env, member, "clazz", "Ljava/lang/Class;");
	redefined = (*env)->GetFieldID(env, class_type, "classRedefinedCount", "I");
	if (make_throwable == NULL || backtrace == NULL || depth == NULL || declaring_class == NULL
	    || member_name == NULL || class_of_member == NULL || redefined == NULL || !has_known_form(env)) {
		fprintf(stderr, "cannot watch stacks\n");
		return false;
	}
	return true;
}

static jobject (*fill)(JNIEnv *, jobject, jint);

static jobject JNICALL our_fill(JNIEnv *env, jobject self, jint unused)
{
	jobject filled = fill(env, self, unused);

	if (armed && !(*env)->ExceptionCheck(env))
		cut(env, self);
	return filled;
}

/* How many frames a walk shows up to the first of a test; 0 if there is none. What walks
 * is no part of it.
 */
static int frames_to_test(JNIEnv *env)
{
	jobject thrown, piece;
	int shown = 0;
	bool found = false;

	if ((*env)->PushLocalFrame(env, 64) != 0)
		return 0;
	thrown = (*env)->NewObject(env, throwable_type, make_throwable);
	piece = thrown == NULL ? NULL : (*env)->GetObjectField(env, thrown, backtrace);
	while (piece != NULL && !found) {
		jobjectArray classes = (*env)->GetObjectArrayElement(env, piece, CLASSES_PLACE);

		for (jsize index = 0; classes != NULL && index < PIECE && !found; index++) {
			jobject type = (*env)->GetObjectArrayElement(env, classes, index);

			if (type == NULL)
				break;
			if (shown > 0 || !((*env)->IsSameObject(env, type, walker_type)
					   || (*env)->IsSameObject(env, type, factory_type)))
				shown++;
			found = is_test(env, type);
			(*env)->DeleteLocalRef(env, type);
		}
		(*env)->DeleteLocalRef(env, classes);
		piece = (*env)->GetObjectArrayElement(env, piece, NEXT_PLACE);
	}
	(*env)->PopLocalFrame(env, NULL);
	return found ? shown : 0;
}

/* Whether a walk of the artifact has come to a test. */
static __thread bool over;

static jobject (*walk)(JNIEnv *, jobject, jlong, jint, jint, jint, jobjectArray);

static jobject JNICALL our_walk(JNIEnv *env, jobject self, jlong mode, jint skip, jint batch, jint start,
				jobjectArray frames)
{
	const bool outer = over;
	jobject result;

	over = false;
	if (armed && find_culprit(env).owner == ARTIFACT) {
		const int shown = frames_to_test(env);

		/* What has fewer frames than were asked for is the last of a walk. */
		if (shown > 0 && shown <= batch) {
			batch = shown;
			over = true;
		}
	}
	result = walk(env, self, mode, skip, batch, start, frames);
	over = outer;
	return result;
}

static jint (*fetch)(JNIEnv *, jobject, jlong, jlong, jint, jint, jobjectArray);

static jint JNICALL our_fetch(JNIEnv *env, jobject self, jlong mode, jlong anchor, jint batch, jint start,
			      jobjectArray frames)
{
	jint end;

	if (!armed || (!over && find_culprit(env).owner != ARTIFACT))
		return fetch(env, self, mode, anchor, batch, start, frames);
	if (over)
		return start;
	end = fetch(env, self, mode, anchor, batch, start, frames);
	if ((*env)->ExceptionCheck(env) || (*env)->PushLocalFrame(env, 16) != 0)
		return end;
	for (jint index = start; index < end; index++) {
		jobject frame = (*env)->GetObjectArrayElement(env, frames, index);
		jobject type = frame;

		if (frame != NULL && !(*env)->IsInstanceOf(env, frame, class_type)) {
			jobject member = (*env)->GetObjectField(env, frame, member_name);

			type = member == NULL ? NULL : (*env)->GetObjectField(env, member, class_of_member);
			(*env)->DeleteLocalRef(env, member);
		}
		bool found = type != NULL && is_test(env, type);

		if (type != frame)
			(*env)->DeleteLocalRef(env, type);
		(*env)->DeleteLocalRef(env, frame);
		if (found) {
			over = true;
			end = index + 1;
			break;
		}
	}
	(*env)->PopLocalFrame(env, NULL);
	return end;
}

/* The first elements of an array, up to one that is of a test; the array itself if none
 * is.
 */
static jobjectArray first_of(JNIEnv *env, jobjectArray all, jclass kind,
			     bool (*ends)(JNIEnv *env, jobject element))
{
	jsize length = all == NULL ? 0 : (*env)->GetArrayLength(env, all);

	for (jsize index = 0; index + 1 < length; index++) {
		jobject element = (*env)->GetObjectArrayElement(env, all, index);
		bool found = element != NULL && ends(env, element);

		(*env)->DeleteLocalRef(env, element);
		if (!found)
			continue;
		jobjectArray first = (*env)->NewObjectArray(env, index + 1, kind, NULL);

		for (jsize place = 0; first != NULL && place <= index; place++) {
			element = (*env)->GetObjectArrayElement(env, all, place);
			(*env)->SetObjectArrayElement(env, first, place, element);
			(*env)->DeleteLocalRef(env, element);
		}
		return first == NULL ? all : first;
	}
	return all;
}

static bool is_element_of_test(JNIEnv *env, jobject element)
{
	jobject text = (*env)->GetObjectField(env, element, declaring_class);
	char name[MAX_NAME];

	read_name(env, text, name);
	(*env)->DeleteLocalRef(env, text);
	return is_of_tests(name);
}

static jobjectArray (*dump_threads)(JNIEnv *, jclass, jobjectArray);

static jobjectArray JNICALL our_dump_threads(JNIEnv *env, jclass self, jobjectArray threads)
{
	jobjectArray stacks = dump_threads(env, self, threads);

	if (!armed || stacks == NULL || (*env)->ExceptionCheck(env))
		return stacks;
	for (jsize index = 0; index < (*env)->GetArrayLength(env, stacks); index++) {
		jobjectArray stack = (*env)->GetObjectArrayElement(env, stacks, index);
		jobjectArray first = first_of(env, stack, element_type, is_element_of_test);

		if (first != stack) {
			(*env)->SetObjectArrayElement(env, stacks, index, first);
			(*env)->DeleteLocalRef(env, first);
		}
		(*env)->DeleteLocalRef(env, stack);
	}
	return stacks;
}

static jobjectArray (*class_context)(JNIEnv *, jobject);

static jobjectArray JNICALL our_class_context(JNIEnv *env, jobject self)
{
	jobjectArray classes = class_context(env, self);

	if (!armed || (*env)->ExceptionCheck(env))
		return classes;
	return first_of(env, classes, class_type, is_test);
}

#define WALKER_SYMBOL "Java_java_lang_StackStreamFactory_00024AbstractStackWalker_"

const struct hook STACK_HOOKS[] = {
	HOOK("java/lang/Throwable", "fillInStackTrace", "(I)Ljava/lang/Throwable;",
	     "Java_java_lang_Throwable_fillInStackTrace", fill, our_fill),
	HOOK(WALKER, "callStackWalk", "(JIII[Ljava/lang/Object;)Ljava/lang/Object;",
	     WALKER_SYMBOL "callStackWalk", walk, our_walk),
	HOOK(WALKER, "fetchStackFrames", "(JJII[Ljava/lang/Object;)I",
	     WALKER_SYMBOL "fetchStackFrames", fetch, our_fetch),
	HOOK("java/lang/Thread", "dumpThreads", "([Ljava/lang/Thread;)[[Ljava/lang/StackTraceElement;",
	     "JVM_DumpThreads", dump_threads, our_dump_threads),
	HOOK("java/lang/SecurityManager", "getClassContext", "()[Ljava/lang/Class;",
	     "Java_java_lang_SecurityManager_getClassContext", class_context, our_class_context),
};
const size_t STACK_HOOKS_COUNT = sizeof STACK_HOOKS / sizeof *STACK_HOOKS;
