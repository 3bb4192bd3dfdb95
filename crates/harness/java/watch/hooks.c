/* Hooks: functions in the place of those that the platform's native methods had. Each
 * looks at who asks for what, and hands on. Bytecode stays as it is, so that classes
 * still come from the archive.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "watch.h"

bool armed;

/* A name as the virtual machine writes it; longer ones are none of those looked for. */
void read_name(JNIEnv *env, jstring text, char name[MAX_NAME])
{
	jsize length = text == NULL ? 0 : (*env)->GetStringLength(env, text);

	name[0] = 0;
	if (length == 0 || length > 160)
		return;
	(*env)->GetStringUTFRegion(env, text, 0, length, name);
	for (char *sign = name; *sign != 0; sign++)
		*sign = *sign == '.' ? '/' : *sign;
}

/* The platform's function of this name. */
static void *find_symbol(const char *name)
{
	const char *const libraries[] = { "libjava.so", "libjvm.so", "libnio.so" };
	void *found = NULL;

	for (size_t index = 0; index < 3 && found == NULL; index++) {
		void *library = dlopen(libraries[index], RTLD_LAZY | RTLD_NOLOAD);

		if (library != NULL) {
			found = dlsym(library, name);
			dlclose(library);
		}
	}
	return found;
}

/* A virtual machine that has not all of them is not the one that this was written for.
 * What it lacks is said, for which `assay prepare` looks.
 */
void place_hooks(JNIEnv *env, const struct hook *hooks, size_t count)
{
	for (size_t index = 0; index < count; index++) {
		const JNINativeMethod method = {
			(char *)hooks[index].name, (char *)hooks[index].signature, hooks[index].ours
		};
		jclass type = (*env)->FindClass(env, hooks[index].type);

		*hooks[index].original = find_symbol(hooks[index].symbol);
		if (type == NULL || *hooks[index].original == NULL
		    || (*env)->RegisterNatives(env, type, &method, 1) != 0) {
			(*env)->ExceptionClear(env);
			fprintf(stderr, "cannot watch %s.%s\n", hooks[index].type, hooks[index].name);
		}
		(*env)->DeleteLocalRef(env, type);
	}
}
