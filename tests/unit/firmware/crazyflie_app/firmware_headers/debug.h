#ifndef DEBUG_H
#define DEBUG_H
__attribute__((format(printf, 1, 2))) void console(const char *format, ...);
#define DEBUG_PRINT(...) console(DEBUG_MODULE ": " __VA_ARGS__)
#endif
