/* The firmware around the app: its loop, a PID that only counts, a clock, a console. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "FreeRTOS.h"
#include "task.h"

#include "app.h"
#include "controller.h"
#include "controller_pid.h"
#include "usec_time.h"

#define DEBUG_MODULE "TEST"
#include "debug.h"
#include "firmware_double.h"

uint32_t pid_calls, pid_begun, step_takes_us = 300;
char console_said[256];

static control_t control; /* static in the firmware, too */
static uint64_t now_us;
static jmp_buf waiting;

void controllerPidInit(void)
{
    pid_begun++;
}

bool controllerPidTest(void)
{
    return true;
}

/* Writes as the firmware's does: thrust always, roll, pitch and yaw every other millisecond. */
void controllerPid(control_t *out, const setpoint_t *setpoint, const sensorData_t *sensors, const state_t *state,
                   const stabilizerStep_t step)
{
    (void)setpoint;
    (void)sensors;
    (void)state;
    pid_calls++;
    out->controlMode = controlModeLegacy;
    if (step % 2u == 0u) {
        out->roll = 1;
        out->pitch = 2;
        out->yaw = 3;
    }
    out->thrust = 4.0f;
}

uint64_t usecTimestamp(void)
{
    now_us += step_takes_us;
    return now_us;
}

void console(const char *format, ...)
{
    va_list said;
    va_start(said, format);
    vsnprintf(console_said, sizeof console_said, format, said);
    va_end(said);
}

void vTaskDelay(TickType_t ticks)
{
    (void)ticks;
    longjmp(waiting, 1);
}

void run_app_task(void)
{
    if (setjmp(waiting) == 0) {
        appMain();
    }
}

void spoil_control(void)
{
    const control_t spoilt = {.normalizedForces = {0.25f, 0.5f, 0.75f, 1.0f}, .controlMode = controlModeForceTorque};
    control = spoilt;
}

static void vector(struct vec3_s *out, const float from[3])
{
    out->x = from[0];
    out->y = from[1];
    out->z = from[2];
}

static void attitude(quaternion_t *out, const float from[4])
{
    out->x = from[0];
    out->y = from[1];
    out->z = from[2];
    out->w = from[3];
}

void stabilizer_loop(const firmware_given *given, firmware_control *out)
{
    state_t state = {0};
    vector(&state.position, given->position);
    vector(&state.velocity, given->velocity);
    attitude(&state.attitudeQuaternion, given->quat_xyzw);
    state.attitude.roll = given->attitude_deg[0];
    state.attitude.pitch = given->attitude_deg[1];
    state.attitude.yaw = given->attitude_deg[2];
    sensorData_t sensors = {0};
    sensors.gyro.x = given->gyro_deg_s[0];
    sensors.gyro.y = given->gyro_deg_s[1];
    sensors.gyro.z = given->gyro_deg_s[2];
    setpoint_t setpoint = {0};
    vector(&setpoint.position, given->wanted_position);
    vector(&setpoint.velocity, given->wanted_velocity);
    vector(&setpoint.acceleration, given->wanted_acceleration);
    attitude(&setpoint.attitudeQuaternion, given->wanted_quat_xyzw);
    setpoint.attitude.yaw = given->wanted_yaw_deg;
    setpoint.velocity_body = given->velocity_body != 0;
    setpoint.mode.x = (stab_mode_t)given->modes[0];
    setpoint.mode.y = (stab_mode_t)given->modes[1];
    setpoint.mode.z = (stab_mode_t)given->modes[2];
    setpoint.mode.roll = (stab_mode_t)given->modes[3];
    setpoint.mode.pitch = (stab_mode_t)given->modes[4];
    setpoint.mode.yaw = (stab_mode_t)given->modes[5];
    setpoint.mode.quat = (stab_mode_t)given->modes[6];

    controllerOutOfTree(&control, &setpoint, &sensors, &state, given->step);

    out->mode = (int)control.controlMode;
    for (int k = 0; k < 4; k++) {
        out->forces[k] = control.normalizedForces[k];
    }
    out->roll = control.roll;
    out->pitch = control.pitch;
    out->yaw = control.yaw;
    out->thrust = control.thrust;
}
