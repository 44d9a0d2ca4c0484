#ifndef TASK_H
#define TASK_H
#include "FreeRTOS.h"
void vTaskDelay(TickType_t ticks);
#endif
