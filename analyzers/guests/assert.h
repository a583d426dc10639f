/* Assertions of a test: counted, recorded, and not to be switched off by NDEBUG. */
#ifndef BACKFEED_ASSERT_H
#define BACKFEED_ASSERT_H
#ifdef __cplusplus
extern "C"
#endif
void backfeed_asserted(int holds, const char *what, int line);
#ifndef __cplusplus
#define static_assert _Static_assert
#endif
#endif
#undef assert
#ifdef __cplusplus
#define assert(...) backfeed_asserted(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __LINE__)
#else
#define assert(...) backfeed_asserted(!!(__VA_ARGS__), #__VA_ARGS__, __LINE__)
#endif
