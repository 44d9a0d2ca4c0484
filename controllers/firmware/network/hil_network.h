/* A network as a flight controller: state and set-point in, four motor commands out, at HIL_NETWORK_RATE_HZ.
 *
 *     static hil_network_state memory;
 *     hil_network_reset(&memory);                                   once per flight
 *     if (hil_network_act(&memory, &state, &setpoint, motors) == HIL_OK) { ... }
 *
 * One source for a host, a Cortex-M4 and the Crazyflie's firmware: portable C11, nothing allocated, no libm, nothing
 * static that is written to, so that any number of memories may be in use at once. Compiled without contraction
 * (-ffp-contract=off) it has the bits of hil_controllers.network, the definition in numpy.
 *
 * World z up; body x forward, y left, z up. Quaternions xyzw, body to world. SI units and radians.
 */
#ifndef HIL_NETWORK_H
#define HIL_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "hil_network_contract.h" /* of one network: written by hil export */

#ifdef __cplusplus
extern "C" {
#define HIL_ASSERT(truth, told) static_assert(truth, told)
#else
#define HIL_ASSERT(truth, told) _Static_assert(truth, told)
#endif

typedef struct {
    float position_m[3];   /* world */
    float velocity_m_s[3]; /* world */
    float quat_xyzw[4];    /* body to world */
    float rates_rad_s[3];  /* body; the Crazyflie's gyro gives degrees */
} hil_state;

#define HIL_SAYS_VELOCITY 1u
#define HIL_SAYS_ACCELERATION 2u

typedef struct {
    float position_m[3];          /* world */
    float velocity_m_s[3];        /* world; counts as 0 where it is not said */
    float acceleration_m_s2[3];   /* world, without gravity; counts as 0 where it is not said */
    uint32_t said;                /* HIL_SAYS_VELOCITY | HIL_SAYS_ACCELERATION */
} hil_setpoint;

/* What a network remembers, and what came of its last step. Its bytes are the same on every host. */
typedef struct hil_network_state {
#if HIL_NETWORK_NEURONS
    float membrane[HIL_NETWORK_NEURONS]; /* U of all spiking layers, in the layer's own unit */
#endif
    float integral_m[3];                   /* of the position error, world; zero for a network without */
    float action[HIL_NETWORK_MOTORS];      /* y, in -1..1: the newest entry of the action history to come */
    float observation[HIL_NETWORK_INPUTS]; /* of the last step; its end is the action history, oldest first */
#if HIL_NETWORK_HIDDEN
    float hidden[HIL_NETWORK_HIDDEN]; /* values of the dense layers before the last */
#endif
    uint32_t steps; /* since reset */
#if HIL_NETWORK_NEURONS
    uint16_t spikes[HIL_NETWORK_SPIKING_LAYERS]; /* how many neurons of each layer spiked in the last step */
    uint16_t spiked[HIL_NETWORK_NEURONS];        /* which: of each layer the first `spikes`, ascending */
#endif
} hil_network_state;

typedef enum {
    HIL_OK = 0,
    HIL_NOT_FINITE = 1, /* a number given is NaN or infinite: neither memory nor motors were touched */
    HIL_DIVERGED = 2    /* a motor command is NaN: reset before the next step, and do not fly this one */
} hil_status;

/* The next step is the first of a flight. */
void hil_network_reset(hil_network_state *memory);

/* One step: motor commands, fraction 0..1 of full speed, M1..M4. The same as observe, then step. */
hil_status hil_network_act(hil_network_state *memory, const hil_state *state, const hil_setpoint *setpoint,
                           float motors[HIL_NETWORK_MOTORS]);

/* The two halves of an act, for whoever wants to know what each costs. */
hil_status hil_network_observe(hil_network_state *memory, const hil_state *state, const hil_setpoint *setpoint);
hil_status hil_network_step(hil_network_state *memory, float motors[HIL_NETWORK_MOTORS]);

/* CRC-32 (that of zlib) of all weights as they lie in this image. HIL_NETWORK_WEIGHTS_CRC32, or they are damaged. */
uint32_t hil_network_weights_crc32(void);

extern const uint8_t hil_network_hash[32];     /* sha256 of weights, read-out and contract, as in the network file */
extern const uint32_t hil_network_state_bytes; /* sizeof(hil_network_state) */

HIL_ASSERT(sizeof(float) == 4, "float is IEEE 754 single precision");
HIL_ASSERT(sizeof(hil_state) == 52, "13 floats without gaps");
HIL_ASSERT(sizeof(hil_setpoint) == 40, "9 floats and a word without gaps");
HIL_ASSERT(offsetof(hil_network_state, integral_m) == 4 * HIL_NETWORK_NEURONS, "membranes come first");
HIL_ASSERT(offsetof(hil_network_state, observation) == 4 * (HIL_NETWORK_NEURONS + 3 + HIL_NETWORK_MOTORS),
           "then integral, action and observation, without gaps");

#ifdef __cplusplus
}
#endif

#endif
