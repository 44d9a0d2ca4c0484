/* Golden vectors: states and set-points from rest, and what the definition in numpy makes of them. */
#ifndef HIL_GOLDEN_H
#define HIL_GOLDEN_H

#include "hil_network.h"

typedef struct {
    hil_state state;
    hil_setpoint setpoint;
    float action[HIL_NETWORK_MOTORS]; /* y, in -1..1 */
    float motors[HIL_NETWORK_MOTORS]; /* u, in 0..1 */
} hil_golden_step;

extern const uint32_t hil_golden_steps; /* in the tables below, which hil export writes */
extern const hil_golden_step hil_golden_vectors[];
#if HIL_NETWORK_NEURONS
extern const uint8_t hil_golden_spikes[][(HIL_NETWORK_NEURONS + 7) / 8]; /* of all layers, first neuron highest */
#endif

/* How many golden steps come out bit for bit before the first that does not: hil_golden_steps if all do.
 * Weights that are not those of the header's checksum are 0. The memory is used, and reset at the end. */
uint32_t hil_golden_replay(hil_network_state *memory);

#endif
