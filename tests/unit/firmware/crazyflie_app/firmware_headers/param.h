/* Parameter groups; as in log.h. */
#ifndef PARAM_H
#define PARAM_H

#include <stdint.h>

struct param_s {
    uint8_t type;
    uint8_t extended_type;
    char *name;
    void *address;
    void (*callback)(void);
    void *(*getter)(void);
};

#define PARAM_FLOAT 0x06
#define PARAM_UINT32 0x0a
#define PARAM_RONLY 0x40
#define PARAM_GROUP 0x80
#define PARAM_START 1
#define PARAM_STOP 0

#define PARAM_ADD(TYPE, NAME, ADDRESS) \
    {.type = (TYPE), .extended_type = 0, .name = #NAME, .address = (void *)(ADDRESS), .callback = 0, .getter = 0},
#define PARAM_GROUP_START(NAME) \
    extern const struct param_s params_##NAME[]; \
    const struct param_s params_##NAME[] = {PARAM_ADD(PARAM_GROUP | PARAM_START, NAME, 0)
#define PARAM_GROUP_STOP(NAME) PARAM_ADD(PARAM_GROUP | PARAM_STOP, stop_##NAME, 0)};

#endif
