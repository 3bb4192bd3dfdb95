/* Names of classes, in the form of the virtual machine: com/example/Name$Inner. */
#include <stdlib.h>
#include <string.h>

#include "watch.h"

struct setting setting;

struct names {
	char **all;
	size_t count;
};

static struct names tests, guarded, artifacts, packages;

/* What nobody names but the runner, the tests, and each other. */
static const char *const RUNNERS[] = {
	"assay/harness/", "org/junit/", "junit/", "org/mockito/", "org/hamcrest/",
	"org/assertj/", "org/opentest4j/", "org/testng/", "org/springframework/test/",
	"org/springframework/boot/test/", "net/bytebuddy/agent/",
};

/* What changes the memory or the code of the machine, and shows the insides of frames:
 * libraries may have reasons to use it, and the code of an answer has none.
 */
static const char *const FROM_ARTIFACT[] = {
	"sun/misc/Unsafe", "jdk/internal/misc/Unsafe", "java/lang/instrument/", "sun/instrument/",
	"com/sun/tools/attach/", "sun/tools/attach/", "java/lang/Shutdown", "java/lang/StackStreamFactory",
	"java/lang/LiveStackFrame",
};

/* The same for classes that are made at run time: the platform makes some, which name
 * its own insides.
 */
static const char *const IN_BYTES[] = {
	"sun/misc/Unsafe", "java/lang/instrument/", "com/sun/tools/attach/", "MockitoMock",
};

/* GCC's analyser loses sight of what a list holds once the list was moved. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
static void add(struct names *names, const char *name, size_t length)
{
	char **all = realloc(names->all, (names->count + 1) * sizeof *all);

	if (all == NULL)
		return;
	names->all = all;
	all[names->count] = strndup(name, length);
	if (all[names->count] != NULL)
		names->count++;
}
#pragma GCC diagnostic pop

static void append(char *list, const char *name)
{
	strcat(strcat(list, name), "\n");
}

/* A line of the settings is a letter and a name: `r` a class to run, `t` a class that
 * holds tests, `d` another class of the suite, `a` a class of the artifact, `w` a class
 * whose file is watched, `m` something that the harness is to make.
 */
void read_settings(char *text)
{
	setting.tests = calloc(1, strlen(text) + 2);
	setting.parts = calloc(1, strlen(text) + 2);
	setting.decoys = calloc(1, strlen(text) + 2);
	setting.watched = calloc(1, strlen(text) + 2);
	if (setting.tests == NULL || setting.parts == NULL || setting.decoys == NULL || setting.watched == NULL)
		return;
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *name = line + 1, *end = strrchr(name, '/');

		switch (*line) {
		case 'r':
			append(setting.tests, name);
			break;
		case 'm':
			append(setting.decoys, name);
			break;
		case 'w':
			append(setting.watched, name);
			break;
		case 't':
			add(&guarded, name, strlen(name));
			add(&tests, name, strlen(name));
			break;
		case 'd':
			append(setting.parts, name);
			add(&tests, name, strlen(name));
			break;
		case 'a':
			add(&artifacts, name, strlen(name));
			if (end != NULL)
				add(&packages, name, (size_t)(end - name));
			break;
		}
	}
}

/* Whether a class is this one or lies within it. */
static bool is_within(const char *name, const char *outer)
{
	size_t length = strlen(outer);

	return strncmp(name, outer, length) == 0
		&& (name[length] == 0 || name[length] == '$' || name[length] == '.');
}

static bool is_among(const struct names *names, const char *name)
{
	for (size_t index = 0; index < names->count; index++) {
		if (is_within(name, names->all[index]))
			return true;
	}
	return false;
}

static bool begins_with_any(const char *name, const char *const *prefixes, size_t count)
{
	for (size_t index = 0; index < count; index++) {
		if (strncmp(name, prefixes[index], strlen(prefixes[index])) == 0)
			return true;
	}
	return false;
}

#define BEGINS_WITH_ANY(name, prefixes) \
	begins_with_any(name, prefixes, sizeof(prefixes) / sizeof *(prefixes))

bool is_of_tests(const char *name)
{
	return is_among(&tests, name);
}

bool is_named_artifact(const char *name)
{
	return is_among(&artifacts, name);
}

/* Classes that are made at run time in the package of an artifact count as its own. */
bool is_of_artifact(const char *name)
{
	const char *end = strrchr(name, '/');

	if (is_named_artifact(name))
		return true;
	for (size_t index = 0; end != NULL && index < packages.count; index++) {
		if (strlen(packages.all[index]) == (size_t)(end - name)
		    && strncmp(packages.all[index], name, (size_t)(end - name)) == 0)
			return true;
	}
	return false;
}

bool is_of_runner(const char *name)
{
	return BEGINS_WITH_ANY(name, RUNNERS) || strstr(name, "MockitoMock") != NULL;
}

bool is_test_itself(const char *name)
{
	for (size_t index = 0; index < guarded.count; index++) {
		if (strcmp(name, guarded.all[index]) == 0)
			return true;
	}
	return false;
}

/* Libraries that run programs, which are then the answer's or a test's own. */
bool is_interpreter(const char *name)
{
	static const char *const INTERPRETERS[] = {
		"groovy/", "org/codehaus/groovy/", "org/apache/groovy/", "org/openjdk/nashorn/", "ognl/",
		"org/springframework/expression/", "org/apache/velocity/", "freemarker/", "org/mvel2/",
		"org/apache/commons/beanutils/", "org/apache/commons/lang3/reflect/", "bsh/",
		"org/springframework/util/ReflectionUtils", "org/springframework/util/ClassUtils",
		"org/springframework/objenesis/", "org/objenesis/", "org/mozilla/javascript/",
	};

	return BEGINS_WITH_ANY(name, INTERPRETERS);
}

bool is_guarded(const char *name)
{
	return BEGINS_WITH_ANY(name, RUNNERS);
}

bool is_guarded_from_artifact(const char *name)
{
	return is_guarded(name) || BEGINS_WITH_ANY(name, FROM_ARTIFACT) || is_test_itself(name)
		|| strstr(name, "MockitoMock") != NULL;
}

const char *guarded_in(const char *bytes, size_t size)
{
	for (size_t index = 0; index < sizeof RUNNERS / sizeof *RUNNERS; index++) {
		/* The short one is a part of ordinary words. */
		if (strcmp(RUNNERS[index], "junit/") != 0
		    && memmem(bytes, size, RUNNERS[index], strlen(RUNNERS[index])) != NULL)
			return RUNNERS[index];
	}
	for (size_t index = 0; index < sizeof IN_BYTES / sizeof *IN_BYTES; index++) {
		if (memmem(bytes, size, IN_BYTES[index], strlen(IN_BYTES[index])) != NULL)
			return IN_BYTES[index];
	}
	for (size_t index = 0; index < guarded.count; index++) {
		if (memmem(bytes, size, guarded.all[index], strlen(guarded.all[index])) != NULL)
			return guarded.all[index];
	}
	return NULL;
}

static bool has(const char *bytes, size_t size, const char *text)
{
	return memmem(bytes, size, text, strlen(text)) != NULL;
}

bool is_proxy_of_collection(const char *bytes, size_t size)
{
	return has(bytes, size, "java/lang/reflect/Proxy") && has(bytes, size, "java/lang/reflect/Undeclared")
		&& (has(bytes, size, "java/util/List") || has(bytes, size, "java/util/Map")
		    || has(bytes, size, "java/util/Set") || has(bytes, size, "java/util/Collection"));
}
