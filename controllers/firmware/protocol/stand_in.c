/* A controller that decides nothing worth flying, so that the link can be tested without a network.
 *
 * Four sums remember half of what they were and add position and set-point; each motor is one of them. Its answers
 * tell lost, repeated and exchanged requests apart. tests/unit/link/conftest.py has the same in Python. */
#include "host_peer.h"

typedef struct {
    float sums[4];
    float pad[80]; /* makes the state longer than one answer */
} memory;

static void reset(void *self) {
    memory *m = self;
    memset(m, 0, sizeof *m);
    for (uint32_t i = 0; i < 80; i++) m->pad[i] = (float)i;
}

static uint8_t act(void *self, const hil_step_request *request, hil_step_answer *answer) {
    memory *m = self;
    float next[4];
    for (uint32_t i = 0; i < 4; i++) {
        next[i] = 0.5f * m->sums[i] + request->quat_xyzw[i];
        next[i] = next[i] + (i < 3 ? request->setpoint_position_m[i] : (float)request->said);
        const float magnitude = next[i] < 0.0f ? -next[i] : next[i];
        if (!(magnitude <= 3.4e38f)) return HIL_STATUS_NOT_FINITE;
    }
    memcpy(m->sums, next, sizeof next);
    memcpy(answer->motors, next, sizeof next);
    answer->cost_observation = 10;
    answer->cost_network = request->said & 0xffffu;
    answer->spikes_count = 2;
    answer->spikes[0] = (uint16_t)(request->said & 0xffu);
    answer->spikes[1] = 7;
    return HIL_STATUS_OK;
}

static const uint8_t *state(const void *self) {
    return self;
}

const hil_controller *hil_host_controller(hil_hello_answer *hello) {
    static memory m;
    static const hil_controller controller = {.self = &m, .reset = reset, .act = act, .state = state};
    reset(&m);
    for (uint32_t i = 0; i < 32; i++) hello->network_hash[i] = (uint8_t)i;
    hello->weights_crc32 = 0x12345678u;
    hello->spiking_layers = 2;
    hello->observation_floats = 18;
    hello->rate_hz = 100;
    hello->state_bytes = sizeof m;
    return &controller;
}
