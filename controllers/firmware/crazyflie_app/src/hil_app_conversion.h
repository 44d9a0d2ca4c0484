/* From what the firmware says to what a network is told: units, and a world turned so that the yaw wanted is 0. */
#ifndef HIL_APP_CONVERSION_H
#define HIL_APP_CONVERSION_H

#include <stdbool.h>

#include "hil_network.h"
#include "stabilizer_types.h"

/* Whether a network can fly this set-point: a position in all three axes, with a yaw as an angle or in a quaternion.
 * All else (velocities, attitudes, a yaw rate, levelling out, nothing at all) is for the firmware's PID.
 */
bool hil_app_can_fly(const setpoint_t *setpoint);

/* State and set-point of a network. A number that is not finite stays so, and the network refuses it. */
void hil_app_convert(const setpoint_t *setpoint, const sensorData_t *sensors, const state_t *state, hil_state *seen,
                     hil_setpoint *wanted);

#endif
