/* What the artifact is yet to do when all tests are over: tasks with a time, threads that
 * wait for a time, hooks of the machine's end. All of it is made to happen, and what it
 * does is looked at: a cleaner that finds nothing to clean is as good as none, and what
 * a test looks for must not come after it.
 */
#include <string.h>
#include <time.h>

#include "watch.h"

/* How long a thread may take to end by itself, and what was hurried to be done. */
#define GRACE_MILLISECONDS 300
#define STEP_MILLISECONDS 10

/* Tasks hide their code behind so many objects. */
#define MAX_DEPTH 4
#define MAX_ELEMENTS 64
#define MAX_TASKS 64

struct tasks {
	jobject all[MAX_TASKS];
	int count;
};

static jobject field(JNIEnv *env, jobject object, const char *name, const char *signature)
{
	jobject value = NULL;

	if (object != NULL) {
		jclass type = (*env)->GetObjectClass(env, object);
		jfieldID id = (*env)->GetFieldID(env, type, name, signature);

		if (id != NULL)
			value = (*env)->GetObjectField(env, object, id);
		(*env)->ExceptionClear(env);
		(*env)->DeleteLocalRef(env, type);
	}
	return value;
}

/* Whether an object is of a class of the artifact, or its fields lead to one. */
static bool leads_to_artifact(JNIEnv *env, jobject object, int depth)
{
	char name[MAX_NAME];
	jclass type;
	bool found;

	if (object == NULL || (*env)->PushLocalFrame(env, 128) != 0)
		return false;
	type = (*env)->GetObjectClass(env, object);
	found = owner_of(env, type, name) == ARTIFACT;
	while (!found && depth > 0 && type != NULL) {
		jfieldID *fields = NULL;
		jint fields_count = 0;

		if ((*jvmti)->GetClassFields(jvmti, type, &fields_count, &fields) != JVMTI_ERROR_NONE)
			break;
		for (jint index = 0; index < fields_count && !found; index++) {
			char *signature = NULL;
			jint modifiers = 0;

			(*jvmti)->GetFieldName(jvmti, type, fields[index], NULL, &signature, NULL);
			(*jvmti)->GetFieldModifiers(jvmti, type, fields[index], &modifiers);
			/* Statics are no part of it, and strings lead nowhere. */
			if (signature != NULL && *signature == 'L' && (modifiers & 8) == 0
			    && strcmp(signature, "Ljava/lang/String;") != 0) {
				jobject value = (*env)->GetObjectField(env, object, fields[index]);

				found = leads_to_artifact(env, value, depth - 1);
				(*env)->DeleteLocalRef(env, value);
			}
			(*jvmti)->Deallocate(jvmti, (unsigned char *)signature);
		}
		(*jvmti)->Deallocate(jvmti, (unsigned char *)fields);
		type = (*env)->GetSuperclass(env, type);
	}
	(*env)->PopLocalFrame(env, NULL);
	return found;
}

static void add_all(JNIEnv *env, struct tasks *tasks, jobjectArray from)
{
	jsize length = from == NULL ? 0 : (*env)->GetArrayLength(env, from);

	for (jsize index = 0; index < length && index < MAX_ELEMENTS; index++) {
		jobject task = (*env)->GetObjectArrayElement(env, from, index);

		if (tasks->count < MAX_TASKS && leads_to_artifact(env, task, MAX_DEPTH))
			tasks->all[tasks->count++] = task;
		else
			(*env)->DeleteLocalRef(env, task);
	}
}

/* The tasks for whose time a thread waits. */
static void add_tasks_of(JNIEnv *env, struct tasks *tasks, jobject thread)
{
	jobject queue = field(env, thread, "queue", "Ljava/util/TaskQueue;");

	if (queue != NULL) {
		add_all(env, tasks, field(env, queue, "queue", "[Ljava/util/TimerTask;"));
	} else {
		jobject worker = field(env, thread, "target", "Ljava/lang/Runnable;");
		jobject pool = field(env, worker, "this$0", "Ljava/util/concurrent/ThreadPoolExecutor;");
		jobject delayed = field(env, pool, "workQueue", "Ljava/util/concurrent/BlockingQueue;");

		add_all(env, tasks,
			field(env, delayed, "queue", "[Ljava/util/concurrent/RunnableScheduledFuture;"));
	}
}

static void add_hooks(JNIEnv *env, struct tasks *tasks)
{
	jclass type = (*env)->FindClass(env, "java/lang/ApplicationShutdownHooks");
	jfieldID id = type == NULL ? NULL
		: (*env)->GetStaticFieldID(env, type, "hooks", "Ljava/util/IdentityHashMap;");
	jobject hooks = id == NULL ? NULL : (*env)->GetStaticObjectField(env, type, id);

	if (hooks != NULL) {
		jclass map = (*env)->GetObjectClass(env, hooks);
		jmethodID keys_of = (*env)->GetMethodID(env, map, "keySet", "()Ljava/util/Set;");
		jobject keys = (*env)->CallObjectMethod(env, hooks, keys_of);
		jclass set = (*env)->FindClass(env, "java/util/Set");
		jmethodID array_of = (*env)->GetMethodID(env, set, "toArray", "()[Ljava/lang/Object;");

		add_all(env, tasks, (*env)->CallObjectMethod(env, keys, array_of));
	}
	(*env)->ExceptionClear(env);
}

enum activity { IDLE, BUSY, TIMED, BOUND };

/* What a thread is about, and where: it is busy in code of the artifact, waits there for a
 * time, or does so for what comes once and has no other use.
 */
static enum activity activity_of(JNIEnv *env, jobject thread, char place[MAX_NAME])
{
	const jint timed = JVMTI_THREAD_STATE_WAITING_WITH_TIMEOUT | JVMTI_THREAD_STATE_SLEEPING;
	jvmtiFrameInfo frames[MAX_FRAMES];
	jint state = 0, frames_count = 0;
	bool is_of_artifact = false;

	(*jvmti)->GetThreadState(jvmti, thread, &state);
	if ((state & JVMTI_THREAD_STATE_ALIVE) == 0)
		return IDLE;
	(*jvmti)->GetStackTrace(jvmti, thread, 0, MAX_FRAMES, frames, &frames_count);
	for (jint index = 0; index < frames_count && !is_of_artifact; index++) {
		jclass type = NULL;

		if ((*jvmti)->GetMethodDeclaringClass(jvmti, frames[index].method, &type) == JVMTI_ERROR_NONE)
			is_of_artifact = owner_of(env, type, place) == ARTIFACT;
		(*env)->DeleteLocalRef(env, type);
	}
	if (!is_of_artifact)
		return IDLE;
	for (char *sign = place; *sign != 0; sign++)
		*sign = *sign == '/' ? '.' : *sign;
	if ((state & timed) != 0) {
		jobject blocker = field(env, thread, "parkBlocker", "Ljava/lang/Object;");
		char name[MAX_NAME] = "";

		if ((state & JVMTI_THREAD_STATE_PARKED) == 0)
			return TIMED;
		if (blocker != NULL)
			owner_of(env, (*env)->GetObjectClass(env, blocker), name);
		/* Who waits for a queue again and again does so by one of these. */
		return strstr(name, "ConditionObject") != NULL || strstr(name, "SynchronousQueue") != NULL
			? TIMED : BOUND;
	}
	if ((state & JVMTI_THREAD_STATE_RUNNABLE) != 0 && (state & JVMTI_THREAD_STATE_IN_NATIVE) == 0)
		return BUSY;
	return IDLE;
}

static void unpark(JNIEnv *env, jobject thread)
{
	jclass type = (*env)->FindClass(env, "java/util/concurrent/locks/LockSupport");
	jmethodID method = (*env)->GetStaticMethodID(env, type, "unpark", "(Ljava/lang/Thread;)V");

	(*env)->CallStaticVoidMethod(env, type, method, thread);
	(*env)->ExceptionClear(env);
	(*env)->DeleteLocalRef(env, type);
}

/* Waits until no thread is busy, nor bound if that counts, for as long as they may take.
 * Says what one was about in the end.
 */
static enum activity await_threads(JNIEnv *env, bool counts_bound, char place[MAX_NAME])
{
	const struct timespec step = { .tv_nsec = STEP_MILLISECONDS * 1000000L };
	enum activity most = IDLE;

	for (int left = GRACE_MILLISECONDS / STEP_MILLISECONDS; left > 0; left--) {
		bool waits = false, more = true;

		most = IDLE;
		for (int number = 0; more; number++) {
			jobject thread = thread_of_artifact(env, number, &more);
			char found[MAX_NAME] = "";
			enum activity activity = thread == NULL ? IDLE : activity_of(env, thread, found);

			if (activity != IDLE && (most == IDLE || activity == BUSY)) {
				most = activity;
				memcpy(place, found, sizeof found);
			}
			if (activity == BOUND && counts_bound)
				unpark(env, thread);
			waits |= activity == BUSY || (activity == BOUND && counts_bound);
			(*env)->DeleteLocalRef(env, thread);
		}
		if (!waits)
			return most;
		nanosleep(&step, NULL);
	}
	return most;
}

static bool was_pending;

jobjectArray find_pending(JNIEnv *env)
{
	struct tasks tasks = { .count = 0 };
	char place[MAX_NAME] = "";
	bool more = true;

	if ((*env)->EnsureLocalCapacity(env, 1024) != 0)
		return NULL;
	enum activity activity = await_threads(env, false, place);

	for (int number = 0; more; number++) {
		jobject thread = thread_of_artifact(env, number, &more);

		if (thread != NULL)
			add_tasks_of(env, &tasks, thread);
	}
	add_hooks(env, &tasks);
	if (activity == IDLE && tasks.count == 0)
		return NULL;
	was_pending = true;
	look_for_effects(env);
	hurry_threads();
	jclass type = (*env)->FindClass(env, "java/lang/Runnable");
	jobjectArray found = (*env)->NewObjectArray(env, tasks.count, type, NULL);

	for (int index = 0; found != NULL && index < tasks.count; index++)
		(*env)->SetObjectArrayElement(env, found, index, tasks.all[index]);
	return found;
}

bool is_settled(JNIEnv *env)
{
	const struct timespec once = { .tv_nsec = 3 * STEP_MILLISECONDS * 1000000L };
	char place[MAX_NAME] = "";
	enum activity activity;

	if (!was_pending)
		return true;
	/* Who sleeps is to notice that time has gone by. */
	nanosleep(&once, NULL);
	activity = await_threads(env, true, place);
	if (activity == BUSY)
		noted(place, "is at work after the tests");
	else if (activity == BOUND)
		noted(place, "waits after the tests");
	return activity != BUSY && activity != BOUND && !had_effects();
}
