/* Threads that the artifact started. When all tests are over, those that sleep or wait
 * for a time go on at once: what they are yet to do is done while it can be seen.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "watch.h"

#define MAX_THREADS 512
#define SLICE_MILLISECONDS 20

static jweak threads[MAX_THREADS];
static int count;
static volatile bool hurries;
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

jobject thread_of_artifact(JNIEnv *env, int number, bool *more)
{
	*more = number < count;
	return *more ? (*env)->NewLocalRef(env, threads[number]) : NULL;
}

void hurry_threads(void)
{
	hurries = true;
}

static void (*start_thread)(JNIEnv *, jobject);

/* A thread in which JUnit runs a test under a limit of time is called as all others. */
static void call_main(JNIEnv *env, jobject thread)
{
	jclass type = (*env)->FindClass(env, "java/lang/Thread");
	jclass group_type = (*env)->FindClass(env, "java/lang/ThreadGroup");
	jfieldID group_of = (*env)->GetFieldID(env, type, "group", "Ljava/lang/ThreadGroup;");
	jfieldID name = (*env)->GetFieldID(env, type, "name", "Ljava/lang/String;");
	jfieldID group_name = (*env)->GetFieldID(env, group_type, "name", "Ljava/lang/String;");
	jobject group = (*env)->GetObjectField(env, thread, group_of);
	jstring text = (*env)->NewStringUTF(env, "main");

	(*env)->SetObjectField(env, thread, name, text);
	if (group != NULL)
		(*env)->SetObjectField(env, group, group_name, text);
	(*env)->DeleteLocalRef(env, text);
	(*env)->DeleteLocalRef(env, group);
	(*env)->DeleteLocalRef(env, group_type);
	(*env)->DeleteLocalRef(env, type);
}

static void JNICALL our_start_thread(JNIEnv *env, jobject thread)
{
	const struct culprit culprit = find_culprit(env);

	if (armed && culprit.owner == ARTIFACT)
		started_by_artifact(env, thread);
	else if (culprit.owner == RUNNER && strncmp(culprit.place, "org.junit.", 10) == 0)
		call_main(env, thread);
	start_thread(env, thread);
}

static jlong milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (jlong)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void (*sleep_for)(JNIEnv *, jclass, jlong);

static void JNICALL our_sleep_for(JNIEnv *env, jclass self, jlong time)
{
	const jlong end = milliseconds() + time;

	if (time <= SLICE_MILLISECONDS || hurries || !is_started_by_artifact(env)) {
		sleep_for(env, self, time);
		return;
	}
	while (!hurries && !(*env)->ExceptionCheck(env)) {
		const jlong left = end - milliseconds();

		if (left <= 0)
			return;
		sleep_for(env, self, left < SLICE_MILLISECONDS ? left : SLICE_MILLISECONDS);
	}
}

static void (*wait_for)(JNIEnv *, jobject, jlong);

/* The monitor is held between two slices, so nobody's notice is missed. */
static void JNICALL our_wait_for(JNIEnv *env, jobject self, jlong time)
{
	const jlong end = milliseconds() + time;

	if (time <= SLICE_MILLISECONDS || hurries || !is_started_by_artifact(env)) {
		wait_for(env, self, time);
		return;
	}
	while (!hurries) {
		const jlong begin = milliseconds(), left = end - begin;

		if (left <= 0)
			return;
		wait_for(env, self, left < SLICE_MILLISECONDS ? left : SLICE_MILLISECONDS);
		if ((*env)->ExceptionCheck(env) || milliseconds() - begin < SLICE_MILLISECONDS - 1)
			return;
	}
}

const struct hook THREAD_HOOKS[] = {
	HOOK("java/lang/Thread", "start0", "()V", "JVM_StartThread", start_thread, our_start_thread),
	HOOK("java/lang/Thread", "sleep", "(J)V", "JVM_Sleep", sleep_for, our_sleep_for),
	HOOK("java/lang/Object", "wait", "(J)V", "JVM_MonitorWait", wait_for, our_wait_for),
};
const size_t THREAD_HOOKS_COUNT = sizeof THREAD_HOOKS / sizeof *THREAD_HOOKS;
