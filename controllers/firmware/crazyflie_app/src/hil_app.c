/* A network as the out-of-tree controller of stock crazyflie-firmware: stabilizer.controller 6.
 *
 * Called a thousand times a second, it steps the network at its own rate, at once when it is chosen or begins to fly,
 * and holds the forces in between. What is no position is flown by the firmware's PID, and so is everything once
 * something is wrong: a golden replay that fails, a NaN, a tilt, a distance.
 */
#include "app.h"

#include <math.h>

#include "FreeRTOS.h"
#include "task.h"

#include "autoconf.h"
#include "controller.h"
#include "controller_pid.h"
#include "usec_time.h"

#include "hil_app.h"
#include "hil_app_conversion.h"
#include "hil_app_force.h"
#include "hil_app_vehicle.h"
#include "hil_golden.h"

#define DEBUG_MODULE "HILNET"
#include "debug.h"

#define LOOP_HZ 1000u

_Static_assert(LOOP_HZ % HIL_NETWORK_RATE_HZ == 0u, "the network steps every so many milliseconds");

hil_app_state hil_app;
hil_app_limits hil_app_most = {.tilt_deg = 60.0f, .distance_m = 1.0f};

/* Chosen: in the stabilizer's task, at every switch to this controller, in flight too. */
void controllerOutOfTreeInit(void)
{
    controllerPidInit();
    hil_app.begun = false;
    hil_app.who = HIL_APP_PID;
    hil_app.step_most_us = 0;
}

/* At boot the firmware asks only the controller that is chosen then; appMain asks in any case. Before it has passed
 * the PID flies, so nobody else uses the memory meanwhile.
 */
bool controllerOutOfTreeTest(void)
{
    if (!hil_app.proven) {
        const uint8_t *hash = hil_network_hash;
        const uint32_t first = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
        hil_app.golden_steps = hil_golden_replay(&hil_app.memory);
        hil_app.proven = hil_app.golden_steps == hil_golden_steps && first == HIL_APP_HASH32;
    }
    return hil_app.proven;
}

void appMain(void)
{
    const bool passed = controllerOutOfTreeTest();
    DEBUG_PRINT("%s: %d of %d golden steps, %s\n", HIL_NETWORK_NAME, (int)hil_app.golden_steps, (int)hil_golden_steps,
                passed ? "may fly" : "will not fly");
    while (1) {
        vTaskDelay(M2T(10000));
    }
}

/* What forbids the network to fly on, as the vehicle is now; a limit that is NaN forbids it, too. */
static hil_app_flier guard(const hil_state *seen, const hil_setpoint *wanted)
{
    const float *q = seen->quat_xyzw;
    const float up = 1.0f - 2.0f * (q[0] * q[0] + q[1] * q[1]); /* cosine of the tilt */
    const float limit = cosf(0.017453292519943295f * hil_app_most.tilt_deg);
    const float distance_m = hil_app_most.distance_m;
    float square = 0.0f;
    for (int k = 0; k < 3; k++) {
        const float error = seen->position_m[k] - wanted->position_m[k];
        square += error * error;
    }
    if (!(up >= limit)) {
        return HIL_APP_TILTED;
    }
    return square <= distance_m * distance_m ? HIL_APP_NETWORK : HIL_APP_ASTRAY;
}

/* One step of the network: who is to fly what comes of it. */
static hil_app_flier network_step(const setpoint_t *setpoint, const sensorData_t *sensors, const state_t *state)
{
    const uint64_t start_us = usecTimestamp();
    hil_state seen;
    hil_setpoint wanted;
    float motors[HIL_NETWORK_MOTORS];

    hil_app_convert(setpoint, sensors, state, &seen, &wanted);
    const hil_status status = hil_network_act(&hil_app.memory, &seen, &wanted, motors);
    if (status != HIL_OK) {
        return status == HIL_NOT_FINITE ? HIL_APP_NOT_FINITE : HIL_APP_DIVERGED;
    }
    for (unsigned k = 0; k < HIL_NETWORK_MOTORS; k++) {
        hil_app.motors[k] = motors[k];
    }
    hil_app_forces(motors, hil_app.forces);
    const uint64_t took_us = usecTimestamp() - start_us;
    hil_app.step_us = took_us < UINT16_MAX ? (uint16_t)took_us : UINT16_MAX;
    if (hil_app.step_us > hil_app.step_most_us) {
        hil_app.step_most_us = hil_app.step_us;
    }
    return guard(&seen, &wanted);
}

/* The PID flies. After the network it begins as if it had just been chosen, and finds no forces where it expects roll,
 * pitch and yaw: control_t is a union, of which it writes those only every other time.
 */
static void delegate(hil_app_flier who, control_t *control, const setpoint_t *setpoint, const sensorData_t *sensors,
                     const state_t *state, const stabilizerStep_t step)
{
    if (hil_app.begun) {
        const control_t nothing = {0};
        *control = nothing;
        controllerPidInit();
        hil_app.begun = false;
    }
    hil_app.who = (uint8_t)who;
    controllerPid(control, setpoint, sensors, state, step);
}

void controllerOutOfTree(control_t *control, const setpoint_t *setpoint, const sensorData_t *sensors,
                         const state_t *state, const stabilizerStep_t step)
{
    hil_app_flier who = HIL_APP_NETWORK;
    if (hil_app.who >= HIL_APP_FIRST_LATCHED) {
        who = (hil_app_flier)hil_app.who;
    } else if (!hil_app.proven) {
        who = HIL_APP_UNPROVEN;
    } else if (!hil_app_can_fly(setpoint)) {
        who = HIL_APP_PID;
    } else {
        if (!hil_app.begun) {
            hil_network_reset(&hil_app.memory);
            hil_app.begun = true;
            hil_app.wait_ms = 0;
        }
        if (hil_app.wait_ms == 0) {
            who = network_step(setpoint, sensors, state);
            hil_app.wait_ms = LOOP_HZ / HIL_NETWORK_RATE_HZ;
        }
        hil_app.wait_ms--;
    }
    if (who != HIL_APP_NETWORK) {
        delegate(who, control, setpoint, sensors, state, step);
        return;
    }
    hil_app.who = HIL_APP_NETWORK;
    control->controlMode = controlModeForce;
    for (unsigned k = 0; k < HIL_NETWORK_MOTORS; k++) {
        control->normalizedForces[k] = hil_app.forces[k];
    }
}
