/* What is the same for every network: reset, observation, command. The layers are in hil_network_layers.c. */
#include "hil_network.h"

#include "hil_arithmetic.h"
#include "hil_network_layers.h"

enum { HISTORY = 18, ENTRIES = 4 * HIL_NETWORK_HISTORY }; /* the action history is the end of an observation */

_Static_assert(HIL_NETWORK_INPUTS == HISTORY + ENTRIES, "the observation is what hil_network_observe builds");
_Static_assert(HIL_NETWORK_MOTORS == 4, "M1..M4");

const uint32_t hil_network_state_bytes = sizeof(hil_network_state);

void hil_network_reset(hil_network_state *memory)
{
    *memory = (hil_network_state){0};
    for (unsigned k = 0; k < HIL_NETWORK_MOTORS; k++) {
        memory->action[k] = HIL_NETWORK_HISTORY_FILL;
    }
    for (int k = HISTORY; k < HISTORY + ENTRIES; k++) {
        memory->observation[k] = HIL_NETWORK_HISTORY_FILL;
    }
}

static int all_finite(const float *values, int count)
{
    for (int k = 0; k < count; k++) {
        if (!hil_finite(values[k])) {
            return 0;
        }
    }
    return 1;
}

/* R_world_body by rows, of a quaternion xyzw. */
static void rotation(const float quat_xyzw[4], float rows[9])
{
    const float x = quat_xyzw[0], y = quat_xyzw[1], z = quat_xyzw[2], w = quat_xyzw[3];
    rows[0] = 1.0f - 2.0f * (y * y + z * z);
    rows[1] = 2.0f * (x * y - w * z);
    rows[2] = 2.0f * (x * z + w * y);
    rows[3] = 2.0f * (x * y + w * z);
    rows[4] = 1.0f - 2.0f * (x * x + z * z);
    rows[5] = 2.0f * (y * z - w * x);
    rows[6] = 2.0f * (x * z - w * y);
    rows[7] = 2.0f * (y * z + w * x);
    rows[8] = 1.0f - 2.0f * (x * x + y * y);
}

hil_status hil_network_observe(hil_network_state *memory, const hil_state *state, const hil_setpoint *setpoint)
{
    static const float nothing[3] = {0.0f, 0.0f, 0.0f};
    const float *velocity = setpoint->said & HIL_SAYS_VELOCITY ? setpoint->velocity_m_s : nothing;
    const float *acceleration = setpoint->said & HIL_SAYS_ACCELERATION ? setpoint->acceleration_m_s2 : nothing;
    if (!all_finite(state->position_m, 3) || !all_finite(state->velocity_m_s, 3) || !all_finite(state->quat_xyzw, 4) ||
        !all_finite(state->rates_rad_s, 3) || !all_finite(setpoint->position_m, 3) || !all_finite(velocity, 3) ||
        !all_finite(acceleration, 3)) {
        return HIL_NOT_FINITE;
    }
    float *x = memory->observation;
    for (int k = 0; k < 3; k++) {
        const float there = setpoint->position_m[k] + HIL_NETWORK_POSITION_LEAD_S * velocity[k];
        float error = hil_within(state->position_m[k] - there, HIL_NETWORK_POSITION_CLIP_M);
#if HIL_NETWORK_HAS_INTEGRAL
        memory->integral_m[k] =
            hil_within(memory->integral_m[k] + HIL_NETWORK_INTEGRAL_GAIN * error, HIL_NETWORK_INTEGRAL_LIMIT_M);
        error = hil_within(error + memory->integral_m[k], HIL_NETWORK_POSITION_CLIP_M);
#endif
        const float speed = velocity[k] + HIL_NETWORK_VELOCITY_LEAD_S * acceleration[k];
        x[k] = error;
        x[12 + k] = hil_within(state->velocity_m_s[k] - speed, HIL_NETWORK_VELOCITY_CLIP_M_S);
        x[15 + k] = state->rates_rad_s[k];
    }
    rotation(state->quat_xyzw, x + 3);
#if HIL_NETWORK_HISTORY
    for (int k = HISTORY; k < HISTORY + ENTRIES - 4; k++) {
        x[k] = x[k + 4];
    }
    for (int k = 0; k < 4; k++) {
        x[HISTORY + ENTRIES - 4 + k] = memory->action[k];
    }
#endif
    return HIL_OK;
}

hil_status hil_network_step(hil_network_state *memory, float motors[HIL_NETWORK_MOTORS])
{
    hil_network_layers(memory);
    memory->steps++;
    hil_status status = HIL_OK;
    for (unsigned k = 0; k < HIL_NETWORK_MOTORS; k++) {
        const float command = (memory->action[k] + 1.0f) / 2.0f;
        /* a read-out may exceed 1 by its rounding */
        motors[k] = command > 1.0f ? 1.0f : (command < 0.0f ? 0.0f : command);
        if (motors[k] != motors[k]) {
            status = HIL_DIVERGED;
        }
    }
    return status;
}

hil_status hil_network_act(hil_network_state *memory, const hil_state *state, const hil_setpoint *setpoint,
                           float motors[HIL_NETWORK_MOTORS])
{
    const hil_status status = hil_network_observe(memory, state, setpoint);
    return status == HIL_OK ? hil_network_step(memory, motors) : status;
}

/* CRC-32 as zlib's: reflected, polynomial 0xEDB88320, half a byte at a time. */
static uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, uint32_t count)
{
    static const uint32_t half_byte[16] = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
        0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu, 0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
    };
    crc = ~crc;
    while (count--) {
        crc ^= *bytes++;
        crc = (crc >> 4) ^ half_byte[crc & 15u];
        crc = (crc >> 4) ^ half_byte[crc & 15u];
    }
    return ~crc;
}

uint32_t hil_network_weights_crc32(void)
{
    uint32_t crc = 0;
    for (uint32_t k = 0; k < HIL_NETWORK_TABLES; k++) {
        crc = crc32_of(crc, hil_network_tables[k].bytes, hil_network_tables[k].count);
    }
    return crc;
}
