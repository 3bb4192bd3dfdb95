/* The report: lines under the nonce of this run, on a descriptor that nobody else
 * can find.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "watch.h"

#define REPORT_CHANNEL 3
#define NONCE_CHANNEL 4
#define NONCE_LENGTH 32

/* One sign is enough; many say no more. */
#define MAX_FINDINGS 16

static int channel = -1;
static char nonce[NONCE_LENGTH + 1];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int findings;
static char last[4 * MAX_NAME];

bool open_report(void)
{
	ssize_t length = 0;

	while (length < NONCE_LENGTH) {
		ssize_t part = read(NONCE_CHANNEL, nonce + length, (size_t)(NONCE_LENGTH - length));

		if (part <= 0)
			return false;
		length += part;
	}
	close(NONCE_CHANNEL);
	channel = fcntl(REPORT_CHANNEL, F_DUPFD_CLOEXEC, 64 + draw(400));
	close(REPORT_CHANNEL);
	return channel >= 0;
}

static void write_all(const char *text, size_t length)
{
	while (length > 0) {
		ssize_t part = write(channel, text, length);

		if (part <= 0)
			return;
		text += part;
		length -= (size_t)part;
	}
}

void say(const char *members)
{
	char *line;
	int length = asprintf(&line, "{\"nonce\":\"%s\",%s}\n", nonce, members);

	if (length < 0)
		return;
	pthread_mutex_lock(&lock);
	write_all(line, (size_t)length);
	pthread_mutex_unlock(&lock);
	free(line);
}

static void quote(char *to, size_t size, const char *from)
{
	size_t at = 0;

	for (; *from != 0 && at + 8 < size; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '"' || c == '\\')
			to[at++] = '\\';
		to[at++] = c < ' ' || c >= 127 ? '?' : (char)c;
	}
	to[at] = 0;
}

static void tell(const char *kind, const char *place, const char *format, va_list arguments)
{
	char what[MAX_NAME], quoted[2 * MAX_NAME], where[4 * MAX_NAME], members[8 * MAX_NAME];

	vsnprintf(what, sizeof what, format, arguments);
	quote(quoted, sizeof quoted, what);
	quote(where, sizeof where, place == NULL ? "" : place);
	if (place == NULL || *place == 0)
		snprintf(members, sizeof members, "\"%s\":\"%s\"", kind, quoted);
	else
		snprintf(members, sizeof members, "\"%s\":\"%s\",\"place\":\"%s\"", kind, quoted, where);
	pthread_mutex_lock(&lock);
	bool is_new = findings < MAX_FINDINGS && strncmp(last, members, sizeof last - 1) != 0;
	if (is_new) {
		findings++;
		snprintf(last, sizeof last, "%.*s", (int)sizeof last - 1, members);
	}
	pthread_mutex_unlock(&lock);
	if (is_new)
		say(members);
}

void tampered(const char *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell("tampered", place, format, arguments);
	va_end(arguments);
}

void noted(const char *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell("note", place, format, arguments);
	va_end(arguments);
}

int draw(int bound)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof number, 0) != sizeof number)
		return 0;
	return bound <= 0 ? 0 : (int)(number % (uint32_t)bound);
}
