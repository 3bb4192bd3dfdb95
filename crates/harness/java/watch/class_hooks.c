/* Hooks where classes are asked for, looked at and made, and where native code is loaded. */
#include <string.h>

#include "watch.h"

/* The platform and libraries have reasons of their own to use most classes, and none
 * to use the runner's.
 */
static bool is_guilty(const struct culprit *culprit, const char *name)
{
	return culprit->owner == ARTIFACT
		&& ((culprit->direct && culprit->plain) || is_guarded(name)
		    || (culprit->programmed && !culprit->direct && is_test_itself(name)));
}

/* Looks at a use of a class by its name. */
static void look_at_name(JNIEnv *env, const char *name, const char *what)
{
	while (*name == '[' || (*name == 'L' && strchr(name, ';') != NULL))
		name++;
	if (is_guarded_from_artifact(name)) {
		const struct culprit culprit = find_culprit(env);

		if (is_guilty(&culprit, name))
			tampered(culprit.place, "%s %s", what, name);
	}
}

/* Looks at a use of a class by its object. */
static void look_at_class(JNIEnv *env, jclass type, const char *what)
{
	char name[MAX_NAME];

	owner_of(env, type, name);
	look_at_name(env, name, what);
}

static jclass (*for_name)(JNIEnv *, jclass, jstring, jboolean, jobject, jclass);

static jclass JNICALL our_for_name(JNIEnv *env, jclass self, jstring text, jboolean initialize,
				   jobject loader, jclass caller)
{
	if (armed) {
		char name[MAX_NAME];

		read_name(env, text, name);
		look_at_name(env, name, "asks for the class");
	}
	return for_name(env, self, text, initialize, loader, caller);
}

static jclass (*find_loaded)(JNIEnv *, jobject, jstring);

static jclass JNICALL our_find_loaded(JNIEnv *env, jobject self, jstring text)
{
	char name[MAX_NAME];

	read_name(env, text, name);
	if (armed)
		look_at_name(env, name, "loads the class");
	else
		armed = is_named_artifact(name);
	return find_loaded(env, self, text);
}

static jobjectArray (*fields_of)(JNIEnv *, jclass, jboolean);

static jobjectArray JNICALL our_fields_of(JNIEnv *env, jclass type, jboolean only_public)
{
	if (armed)
		look_at_class(env, type, "looks at the fields of");
	forget_members(env, type);
	return fields_of(env, type, only_public);
}

static jobjectArray (*methods_of)(JNIEnv *, jclass, jboolean);

static jobjectArray JNICALL our_methods_of(JNIEnv *env, jclass type, jboolean only_public)
{
	if (armed)
		look_at_class(env, type, "looks at the methods of");
	forget_members(env, type);
	return methods_of(env, type, only_public);
}

static jobjectArray (*constructors_of)(JNIEnv *, jclass, jboolean);

static jobjectArray JNICALL our_constructors_of(JNIEnv *env, jclass type, jboolean only_public)
{
	if (armed)
		look_at_class(env, type, "looks at the constructors of");
	forget_members(env, type);
	return constructors_of(env, type, only_public);
}

/* Looks at who makes a class at run time whose bytes name what is guarded. */
static void look_at_maker(JNIEnv *env, const char *found)
{
	if (found != NULL) {
		const struct culprit culprit = find_culprit(env);

		if (culprit.owner == ARTIFACT)
			tampered(culprit.place, "makes a class that names %s", found);
	}
}

static void look_at_array(JNIEnv *env, jbyteArray data, jint offset, jint length)
{
	jsize size = data == NULL ? 0 : (*env)->GetArrayLength(env, data);
	bool stands_for_collection;
	const char *found;
	char *bytes;

	if (offset < 0 || length <= 0 || offset > size - length)
		return;
	bytes = (*env)->GetPrimitiveArrayCritical(env, data, NULL);
	if (bytes == NULL)
		return;
	found = guarded_in(bytes + offset, (size_t)length);
	stands_for_collection = found == NULL && is_proxy_of_collection(bytes + offset, (size_t)length);
	(*env)->ReleasePrimitiveArrayCritical(env, data, bytes, JNI_ABORT);
	look_at_maker(env, found);
	if (stands_for_collection) {
		/* Libraries make proxies of interfaces that speak of collections: MyBatis does. */
		const struct culprit culprit = find_culprit(env);

		if (culprit.owner == ARTIFACT && culprit.direct)
			tampered(culprit.place, "makes a proxy that stands for a collection");
	}
}

static jclass (*define_0)(JNIEnv *, jclass, jobject, jclass, jstring, jbyteArray, jint, jint, jobject,
			  jboolean, jint, jobject);

static jclass JNICALL our_define_0(JNIEnv *env, jclass self, jobject loader, jclass lookup, jstring name,
				   jbyteArray data, jint offset, jint length, jobject domain,
				   jboolean initialize, jint flags, jobject class_data)
{
	if (armed)
		look_at_array(env, data, offset, length);
	return define_0(env, self, loader, lookup, name, data, offset, length, domain, initialize, flags,
			class_data);
}

static jclass (*define_1)(JNIEnv *, jclass, jobject, jstring, jbyteArray, jint, jint, jobject, jstring);

static jclass JNICALL our_define_1(JNIEnv *env, jclass self, jobject loader, jstring name, jbyteArray data,
				   jint offset, jint length, jobject domain, jstring source)
{
	if (armed)
		look_at_array(env, data, offset, length);
	return define_1(env, self, loader, name, data, offset, length, domain, source);
}

static jclass (*define_2)(JNIEnv *, jclass, jobject, jstring, jobject, jint, jint, jobject, jstring);

static jclass JNICALL our_define_2(JNIEnv *env, jclass self, jobject loader, jstring name, jobject buffer,
				   jint offset, jint length, jobject domain, jstring source)
{
	if (armed && buffer != NULL) {
		const char *bytes = (*env)->GetDirectBufferAddress(env, buffer);
		jlong size = (*env)->GetDirectBufferCapacity(env, buffer);

		if (bytes != NULL && offset >= 0 && length > 0 && offset <= size - length)
			look_at_maker(env, guarded_in(bytes + offset, (size_t)length));
	}
	return define_2(env, self, loader, name, buffer, offset, length, domain, source);
}

static jboolean (*load_library)(JNIEnv *, jclass, jobject, jstring, jboolean, jboolean, jboolean);

/* Libraries of jars unpack what they load; the artifact has none. What it loads is
 * not loaded: from there on nothing could be believed.
 */
static jboolean JNICALL our_load_library(JNIEnv *env, jclass self, jobject library, jstring text,
					 jboolean built_in, jboolean jni, jboolean throws)
{
	if (armed) {
		const char *path = text == NULL ? NULL : (*env)->GetStringUTFChars(env, text, NULL);
		bool is_writable = path != NULL
			&& (strncmp(path, "/tmp", 4) == 0 || strncmp(path, "/work", 5) == 0
			    || strncmp(path, "/dev", 4) == 0 || strncmp(path, "/proc", 5) == 0
			    || *path != '/' || strstr(path, "/../") != NULL);

		if (path != NULL)
			(*env)->ReleaseStringUTFChars(env, text, path);
		if (is_writable) {
			const struct culprit culprit = find_culprit(env);

			if (culprit.owner == ARTIFACT && culprit.direct) {
				tampered(culprit.place, "loads native code");
				return JNI_FALSE;
			}
		}
	}
	return load_library(env, self, library, text, built_in, jni, throws);
}

const struct hook CLASS_HOOKS[] = {
	HOOK("java/lang/Class", "forName0",
	     "(Ljava/lang/String;ZLjava/lang/ClassLoader;Ljava/lang/Class;)Ljava/lang/Class;",
	     "Java_java_lang_Class_forName0", for_name, our_for_name),
	HOOK("java/lang/Class", "getDeclaredFields0", "(Z)[Ljava/lang/reflect/Field;",
	     "JVM_GetClassDeclaredFields", fields_of, our_fields_of),
	HOOK("java/lang/Class", "getDeclaredMethods0", "(Z)[Ljava/lang/reflect/Method;",
	     "JVM_GetClassDeclaredMethods", methods_of, our_methods_of),
	HOOK("java/lang/Class", "getDeclaredConstructors0", "(Z)[Ljava/lang/reflect/Constructor;",
	     "JVM_GetClassDeclaredConstructors", constructors_of, our_constructors_of),
	HOOK("java/lang/ClassLoader", "findLoadedClass0", "(Ljava/lang/String;)Ljava/lang/Class;",
	     "Java_java_lang_ClassLoader_findLoadedClass0", find_loaded, our_find_loaded),
	HOOK("java/lang/ClassLoader", "defineClass0",
	     "(Ljava/lang/ClassLoader;Ljava/lang/Class;Ljava/lang/String;[BIILjava/security/ProtectionDomain;"
	     "ZILjava/lang/Object;)Ljava/lang/Class;",
	     "Java_java_lang_ClassLoader_defineClass0", define_0, our_define_0),
	HOOK("java/lang/ClassLoader", "defineClass1",
	     "(Ljava/lang/ClassLoader;Ljava/lang/String;[BIILjava/security/ProtectionDomain;"
	     "Ljava/lang/String;)Ljava/lang/Class;",
	     "Java_java_lang_ClassLoader_defineClass1", define_1, our_define_1),
	HOOK("java/lang/ClassLoader", "defineClass2",
	     "(Ljava/lang/ClassLoader;Ljava/lang/String;Ljava/nio/ByteBuffer;II"
	     "Ljava/security/ProtectionDomain;Ljava/lang/String;)Ljava/lang/Class;",
	     "Java_java_lang_ClassLoader_defineClass2", define_2, our_define_2),
	HOOK("jdk/internal/loader/NativeLibraries", "load",
	     "(Ljdk/internal/loader/NativeLibraries$NativeLibraryImpl;Ljava/lang/String;ZZZ)Z",
	     "Java_jdk_internal_loader_NativeLibraries_load", load_library, our_load_library),
};
const size_t CLASS_HOOKS_COUNT = sizeof CLASS_HOOKS / sizeof *CLASS_HOOKS;
