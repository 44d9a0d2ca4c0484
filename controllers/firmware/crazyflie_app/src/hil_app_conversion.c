#include "hil_app_conversion.h"

#include <math.h>

#define RADIANS_PER_DEGREE 0.017453292519943295f

/* Half of the yaw wanted, as it stands in a quaternion. */
typedef struct {
    float cos, sin;
} half_yaw;

bool hil_app_can_fly(const setpoint_t *setpoint)
{
    const bool position = setpoint->mode.x == modeAbs && setpoint->mode.y == modeAbs && setpoint->mode.z == modeAbs;
    const bool heading =
        setpoint->mode.yaw == modeAbs || (setpoint->mode.yaw == modeDisable && setpoint->mode.quat == modeAbs);
    return position && heading && !setpoint->velocity_body;
}

/* The heading of the body's x axis, as the firmware's other controllers take it from a full-state set-point, which
 * leaves mode.yaw disabled. Quadratic in the quaternion, so its length does not matter; straight up there is no yaw.
 */
static half_yaw of_quaternion(float x, float y, float z, float w)
{
    const float ahead = w * w + x * x - y * y - z * z;
    const float left = 2.0f * (w * z + x * y);
    const float length = sqrtf(ahead * ahead + left * left);
    const float twice = ahead >= 0.0f ? length + ahead : left; /* both forms of a half angle; this one does not cancel */
    const float other = ahead >= 0.0f ? left : length - ahead;
    const float norm = sqrtf(twice * twice + other * other);
    const half_yaw none = {1.0f, 0.0f}, half = {twice / norm, other / norm};
    return norm == 0.0f ? none : half;
}

static half_yaw wanted_yaw(const setpoint_t *setpoint)
{
    if (setpoint->mode.yaw != modeAbs) {
        const quaternion_t *q = &setpoint->attitudeQuaternion;
        return of_quaternion(q->x, q->y, q->z, q->w);
    }
    const float half = 0.5f * RADIANS_PER_DEGREE * setpoint->attitude.yaw;
    const half_yaw turned = {cosf(half), sinf(half)};
    return turned;
}

/* A vector of the world, in a world turned by the yaw; at yaw 0 not a bit changes. */
static void turn(half_yaw half, float x, float y, float z, float seen[3])
{
    const float cos = half.cos * half.cos - half.sin * half.sin;
    const float sin = 2.0f * half.sin * half.cos;
    seen[0] = cos * x + sin * y;
    seen[1] = cos * y - sin * x;
    seen[2] = z;
}

void hil_app_convert(const setpoint_t *setpoint, const sensorData_t *sensors, const state_t *state, hil_state *seen,
                     hil_setpoint *wanted)
{
    const half_yaw yaw = wanted_yaw(setpoint);
    const quaternion_t *q = &state->attitudeQuaternion; /* state->attitude is degrees, its pitch inverted: not used */

    turn(yaw, state->position.x, state->position.y, state->position.z, seen->position_m);
    turn(yaw, state->velocity.x, state->velocity.y, state->velocity.z, seen->velocity_m_s);
    seen->quat_xyzw[0] = yaw.cos * q->x + yaw.sin * q->y;
    seen->quat_xyzw[1] = yaw.cos * q->y - yaw.sin * q->x;
    seen->quat_xyzw[2] = yaw.cos * q->z - yaw.sin * q->w;
    seen->quat_xyzw[3] = yaw.cos * q->w + yaw.sin * q->z;
    seen->rates_rad_s[0] = RADIANS_PER_DEGREE * sensors->gyro.x; /* deg/s, body */
    seen->rates_rad_s[1] = RADIANS_PER_DEGREE * sensors->gyro.y;
    seen->rates_rad_s[2] = RADIANS_PER_DEGREE * sensors->gyro.z;

    turn(yaw, setpoint->position.x, setpoint->position.y, setpoint->position.z, wanted->position_m);
    turn(yaw, setpoint->velocity.x, setpoint->velocity.y, setpoint->velocity.z, wanted->velocity_m_s);
    turn(yaw, setpoint->acceleration.x, setpoint->acceleration.y, setpoint->acceleration.z, wanted->acceleration_m_s2);
    wanted->said = HIL_SAYS_VELOCITY | HIL_SAYS_ACCELERATION; /* the firmware has 0 where nothing is said, as we do */
}
