#ifndef FREERTOS_H
#define FREERTOS_H
#include <stdint.h>
typedef uint32_t TickType_t;
#define M2T(ms) ((TickType_t)(ms))
#endif
