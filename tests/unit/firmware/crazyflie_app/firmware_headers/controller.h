/* What an out-of-tree controller is to define. */
#ifndef CONTROLLER_H
#define CONTROLLER_H

#include "autoconf.h"
#include "stabilizer_types.h"

#ifdef CONFIG_CONTROLLER_OOT
void controllerOutOfTreeInit(void);
bool controllerOutOfTreeTest(void);
void controllerOutOfTree(control_t *control, const setpoint_t *setpoint, const sensorData_t *sensors,
                         const state_t *state, const stabilizerStep_t stabilizerStep);
#endif

#endif
