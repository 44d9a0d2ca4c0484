/* Log groups. The firmware collects them in a section of the image; here each is a table that a test can read. */
#ifndef LOG_H
#define LOG_H

#include <stdint.h>

struct log_s {
    uint8_t type;
    char *name;
    void *address;
};

#define LOG_UINT8 1
#define LOG_UINT16 2
#define LOG_UINT32 3
#define LOG_FLOAT 7
#define LOG_GROUP 0x80
#define LOG_START 1
#define LOG_STOP 0

#define LOG_ADD(TYPE, NAME, ADDRESS) {.type = (TYPE), .name = #NAME, .address = (void *)(ADDRESS)},
#define LOG_GROUP_START(NAME) \
    extern const struct log_s logs_##NAME[]; \
    const struct log_s logs_##NAME[] = {LOG_ADD(LOG_GROUP | LOG_START, NAME, 0)
#define LOG_GROUP_STOP(NAME) LOG_ADD(LOG_GROUP | LOG_STOP, stop_##NAME, 0)};

#endif
