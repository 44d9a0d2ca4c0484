/* Golden vectors replayed: action, motors and every neuron, bit for bit. */
#include "hil_golden.h"

static uint32_t bits(float value)
{
    union {
        float value;
        uint32_t bits;
    } both = {.value = value};
    return both.bits;
}

static int same_floats(const float made[HIL_NETWORK_MOTORS], const float golden[HIL_NETWORK_MOTORS])
{
    for (unsigned k = 0; k < HIL_NETWORK_MOTORS; k++) {
        if (bits(made[k]) != bits(golden[k])) {
            return 0;
        }
    }
    return 1;
}

#if HIL_NETWORK_NEURONS
static int same_spikes(const hil_network_state *memory, uint32_t step)
{
    static const uint16_t sizes[HIL_NETWORK_SPIKING_LAYERS] = HIL_NETWORK_SPIKING_SIZES;
    uint32_t first = 0;
    for (uint32_t layer = 0; layer < HIL_NETWORK_SPIKING_LAYERS; first += sizes[layer++]) {
        uint32_t met = 0;
        for (uint32_t k = 0; k < sizes[layer]; k++) {
            const uint32_t neuron = first + k;
            const int golden = hil_golden_spikes[step][neuron / 8] >> (7 - neuron % 8) & 1;
            const int made = met < memory->spikes[layer] && memory->spiked[first + met] == k;
            if (made != golden) {
                return 0;
            }
            met += (uint32_t)made;
        }
    }
    return 1;
}
#endif

uint32_t hil_golden_replay(hil_network_state *memory)
{
    uint32_t step = 0;
    hil_network_reset(memory);
    if (hil_network_weights_crc32() == HIL_NETWORK_WEIGHTS_CRC32) {
        for (; step < hil_golden_steps; step++) {
            const hil_golden_step *golden = &hil_golden_vectors[step];
            float motors[HIL_NETWORK_MOTORS];
            if (hil_network_act(memory, &golden->state, &golden->setpoint, motors) != HIL_OK ||
                !same_floats(memory->action, golden->action) || !same_floats(motors, golden->motors)) {
                break;
            }
#if HIL_NETWORK_NEURONS
            if (!same_spikes(memory, step)) {
                break;
            }
#endif
        }
    }
    hil_network_reset(memory);
    return step;
}
