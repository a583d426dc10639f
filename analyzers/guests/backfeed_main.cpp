// Runs main of a test program, and records on descriptor 3 what it came to. A program that ends
// before main returns leaves no record. Also compiled as C, where nothing is thrown.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __cplusplus
#include <exception>
extern "C" {
#endif

int __real_main(int count, char **words, char **variables);
static unsigned long asserted;

static void record(const char *kind, const char *message, int line, unsigned long guards)
{
    static char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "{\"word\": \"@WORD@\", \"tests\": [{\"executed\": %lu, "
                                 "\"phase\": \"test\", \"error\": ", asserted + guards);
    if (!kind) {
        at += (size_t)snprintf(text + at, sizeof text - at, "null}]}\n");
    } else {
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "{\"type\": \"%s\", \"line\": %d, \"message\": \"", kind, line);
        for (const char *c = message; *c && at < 4000; c++) {
            unsigned char byte = (unsigned char)*c;
            if (byte == '"' || byte == '\\')
                text[at++] = '\\';
            text[at++] = byte < 32 ? ' ' : (char)byte;
        }
        at += (size_t)snprintf(text + at, sizeof text - at, "\"}}]}\n");
    }
    for (size_t done = 0; done < at;) {
        long put = syscall(SYS_write, 3, text + done, at - done); /* an answer may have a `write` */
        if (put <= 0)
            break;
        done += (size_t)put;
    }
}

void backfeed_asserted(int holds, const char *what, int line)
{
    asserted++;
    if (holds)
        return;
    fflush(NULL);
    fprintf(stderr, "line %d: assertion `%s' failed\n", line, what);
    record("AssertionError", what, line, 0);
    _exit(1);
}

int __wrap_main(int count, char **words, char **variables)
{
    int status;
#ifdef __cplusplus
    try {
        status = __real_main(count, words, variables);
    } catch (const std::exception &error) {
        fprintf(stderr, "uncaught: %s\n", error.what());
        record("exception", error.what(), 0, 0);
        return 1;
    } catch (...) {
        record("exception", "of a type of its own", 0, 0);
        return 1;
    }
#else
    status = __real_main(count, words, variables);
#endif
    fflush(NULL);
    if (status)
        record("exit", "main returned something else than 0", 0, 0);
    else
        record(NULL, "", 0, @GUARDS@);
    return status;
}
#ifdef __cplusplus
}
#endif
