/* Threads that the artifact started and that are still about to do something when the
 * tests are over: what a test looks for could be yet to come.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "watch.h"

#define MAX_THREADS 512

/* How long a thread may take to end by itself. */
#define GRACE_MILLISECONDS 300
#define STEP_MILLISECONDS 10

/* Tasks hide their code behind so many objects. */
#define MAX_DEPTH 4
#define MAX_ELEMENTS 64

static jweak threads[MAX_THREADS];
static int count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void started_by_artifact(JNIEnv *env, jobject thread)
{
	jweak kept = (*env)->NewWeakGlobalRef(env, thread);

	pthread_mutex_lock(&lock);
	if (count < MAX_THREADS && kept != NULL)
		threads[count++] = kept;
	pthread_mutex_unlock(&lock);
}

bool is_started_by_artifact(JNIEnv *env)
{
	jthread thread = NULL;
	bool found = false;

	if (count == 0 || (*jvmti)->GetCurrentThread(jvmti, &thread) != JVMTI_ERROR_NONE)
		return false;
	pthread_mutex_lock(&lock);
	for (int index = 0; index < count && !found; index++)
		found = (*env)->IsSameObject(env, threads[index], thread);
	pthread_mutex_unlock(&lock);
	(*env)->DeleteLocalRef(env, thread);
	return found;
}

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
static bool leads_to_artifact(JNIEnv *env, jobject object, int depth, char place[MAX_NAME])
{
	jclass type;
	bool found;

	if (object == NULL || (*env)->PushLocalFrame(env, 128) != 0)
		return false;
	type = (*env)->GetObjectClass(env, object);
	found = owner_of(env, type, place) == ARTIFACT;
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

				found = leads_to_artifact(env, value, depth - 1, place);
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

static bool any_leads_to_artifact(JNIEnv *env, jobjectArray tasks, char place[MAX_NAME])
{
	jsize length = tasks == NULL ? 0 : (*env)->GetArrayLength(env, tasks);

	for (jsize index = 0; index < length && index < MAX_ELEMENTS; index++) {
		jobject task = (*env)->GetObjectArrayElement(env, tasks, index);
		bool found = leads_to_artifact(env, task, MAX_DEPTH, place);

		(*env)->DeleteLocalRef(env, task);
		if (found)
			return true;
	}
	return false;
}

/* Whether a thread waits for the time of a task of the artifact. */
static bool has_tasks(JNIEnv *env, jobject thread, char place[MAX_NAME])
{
	bool found = false;

	if ((*env)->PushLocalFrame(env, 32) != 0)
		return false;
	jobject tasks = field(env, thread, "queue", "Ljava/util/TaskQueue;");

	if (tasks != NULL) {
		found = any_leads_to_artifact(env, field(env, tasks, "queue", "[Ljava/util/TimerTask;"), place);
	} else {
		jobject worker = field(env, thread, "target", "Ljava/lang/Runnable;");
		jobject pool = field(env, worker, "this$0", "Ljava/util/concurrent/ThreadPoolExecutor;");
		jobject queue = field(env, pool, "workQueue", "Ljava/util/concurrent/BlockingQueue;");

		tasks = field(env, queue, "queue", "[Ljava/util/concurrent/RunnableScheduledFuture;");
		found = any_leads_to_artifact(env, tasks, place);
	}
	(*env)->PopLocalFrame(env, NULL);
	return found;
}

/* Whether a thread is in code of the artifact: itself, or in a library that makes it
 * wait for a time.
 */
static bool is_about_to_act(JNIEnv *env, jobject thread, char place[MAX_NAME])
{
	const jint timed = JVMTI_THREAD_STATE_WAITING_WITH_TIMEOUT | JVMTI_THREAD_STATE_SLEEPING;
	jvmtiFrameInfo frames[MAX_FRAMES];
	jint state = 0, frames_count = 0;

	(*jvmti)->GetThreadState(jvmti, thread, &state);
	(*jvmti)->GetStackTrace(jvmti, thread, 0, MAX_FRAMES, frames, &frames_count);
	for (jint index = 0; index < frames_count; index++) {
		jclass type = NULL;
		enum owner owner;

		if ((*jvmti)->GetMethodDeclaringClass(jvmti, frames[index].method, &type) != JVMTI_ERROR_NONE)
			return false;
		owner = owner_of(env, type, place);
		(*env)->DeleteLocalRef(env, type);
		if (owner == ARTIFACT)
			return true;
		if (owner != PLATFORM && (state & timed) == 0)
			return false;
	}
	return false;
}

static bool is_suspicious(JNIEnv *env, jweak kept, char place[MAX_NAME])
{
	jobject thread = (*env)->NewLocalRef(env, kept);
	jint state = 0;
	bool found;

	if (thread == NULL)
		return false;
	(*jvmti)->GetThreadState(jvmti, thread, &state);
	found = (state & JVMTI_THREAD_STATE_ALIVE) != 0
		&& (is_about_to_act(env, thread, place) || has_tasks(env, thread, place));
	(*env)->DeleteLocalRef(env, thread);
	return found;
}

void find_survivors(JNIEnv *env)
{
	const struct timespec step = { .tv_nsec = STEP_MILLISECONDS * 1000000L };
	int left = GRACE_MILLISECONDS / STEP_MILLISECONDS;

	for (int index = 0; index < count; index++) {
		char place[MAX_NAME] = "";

		while (is_suspicious(env, threads[index], place)) {
			if (left-- > 0) {
				nanosleep(&step, NULL);
				continue;
			}
			for (char *sign = place; *sign != 0; sign++)
				*sign = *sign == '/' ? '.' : *sign;
			tampered(place, "leaves a thread that is yet to act");
			return;
		}
	}
}
