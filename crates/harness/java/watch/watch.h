/* Watches a virtual machine in which tests run beside the code that they test. What
 * tested code has no reason to do is written to the report, at the moment it is tried:
 * no later line takes it back.
 *
 * The report channel and the nonce are known to this library alone. Java code of the
 * harness writes to the report through it, and nobody else.
 */
#ifndef ASSAY_WATCH_H
#define ASSAY_WATCH_H

#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>
#include <stddef.h>

/* Whose code a class is. */
enum owner { PLATFORM, LIBRARY, RUNNER, TEST, ARTIFACT };

/* A walk never looks deeper. */
#define MAX_FRAMES 256
#define MAX_NAME 512

/* The frame on whose behalf something is done: the first one from the top that is
 * neither the platform's nor a library's.
 */
struct culprit {
	enum owner owner;
	/* Whether nothing but the platform is between it and what is done. */
	bool direct;
	/* The same, or libraries that run programs. */
	bool programmed;
	/* Whether all of that is a part that can be asked for by reflection. */
	bool plain;
	/* The method right above the platform's that was called: `getStackTrace`. */
	char called[MAX_NAME];
	/* `com.example.Name.method`. */
	char place[2 * MAX_NAME];
};

extern jvmtiEnv *jvmti;

/* names.c: what the harness was told of classes, and what it makes of their names. */
struct setting {
	char *tests;      /* the classes to run, a line each */
	char *parts;      /* the other classes of the suite */
	char *decoys;     /* what the other suite makes and this one does not */
	char *watched;    /* classes whose files nobody reads once the former are loaded */
};
extern struct setting setting;
void read_settings(char *text);
bool is_of_tests(const char *name);
/* Whether it is a class that holds tests, and no other class of theirs, whose objects
 * tested code may be given.
 */
bool is_test_itself(const char *name);
bool is_of_artifact(const char *name);
bool is_named_artifact(const char *name);
bool is_of_runner(const char *name);
bool is_interpreter(const char *name);
/* Whether no code but the runner's and the tests' names this class, however it comes
 * to do so; and whether that holds for what the artifact does itself.
 */
bool is_guarded(const char *name);
bool is_guarded_from_artifact(const char *name);
/* The first guarded name that bytes of a class hold, or NULL; and whether they are those
 * of a proxy that stands for a collection.
 */
const char *guarded_in(const char *bytes, size_t size);
bool is_proxy_of_collection(const char *bytes, size_t size);

/* stack.c */
bool find_loaders(JNIEnv *env);
enum owner owner_of(JNIEnv *env, jclass type, char name[MAX_NAME]);
struct culprit find_culprit(JNIEnv *env);
/* Whether code of tests or of the artifact is anywhere on the stack. */
bool is_called_by_tested_code(JNIEnv *env);

/* report.c */
bool open_report(void);
void say(const char *members);
void tampered(const char *place, const char *format, ...);
void noted(const char *place, const char *format, ...);
int draw(int bound);

/* hooks.c: a method of the platform, the function that it has, and what takes its place. */
struct hook {
	const char *type;
	const char *name;
	const char *signature;
	const char *symbol;
	void **original;
	void *ours;
};
#define HOOK(type, name, signature, symbol, original, ours) \
	{ type, name, signature, symbol, (void **)&original, __extension__ (void *)ours }
void place_hooks(JNIEnv *env, const struct hook *hooks, size_t count);
/* Nothing is looked at before a class of the artifact is first asked for. */
extern bool armed;

/* class_hooks.c, stack_hooks.c, file_hooks.c, threads.c */
extern const struct hook CLASS_HOOKS[], STACK_HOOKS[], FILE_HOOKS[], THREAD_HOOKS[], EFFECT_HOOKS[];
extern const size_t CLASS_HOOKS_COUNT, STACK_HOOKS_COUNT, FILE_HOOKS_COUNT, THREAD_HOOKS_COUNT,
	EFFECT_HOOKS_COUNT;
/* A name as the virtual machine writes it; longer ones are none of those looked for. */
void read_name(JNIEnv *env, jstring text, char name[MAX_NAME]);

/* stack_hooks.c: the classes of tests, below whose first frame nobody sees a stack. */
bool cuts_stacks(JNIEnv *env);
void know_tests(JNIEnv *env, jobjectArray classes);
/* Has the platform ask anew for the members of a test's class each time: what it keeps
 * for JUnit would be there for everybody.
 */
void forget_members(JNIEnv *env, jclass type);

/* threads.c: threads that the artifact started. */
void started_by_artifact(JNIEnv *env, jobject thread);
/* Whether the present thread is one of them. */
bool is_started_by_artifact(JNIEnv *env);
/* The one of this number, which may have ended; NULL where there are no more. */
jobject thread_of_artifact(JNIEnv *env, int number, bool *more);
/* Lets those that sleep or wait for a time go on at once. */
void hurry_threads(void);

/* pending.c: what the artifact is yet to do when all tests are over. */
jobjectArray find_pending(JNIEnv *env);
bool is_settled(JNIEnv *env);

/* effects.c */
void look_for_effects(JNIEnv *env);
void look_at_effect(JNIEnv *env, const char *what);
bool had_effects(void);

/* folder.c */
void watch_folder(const char *folder);
void check_folder(void);

#endif
