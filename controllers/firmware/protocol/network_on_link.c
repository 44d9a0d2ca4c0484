#include "network_on_link.h"

#if HIL_NETWORK_NEURONS
_Static_assert(HIL_NETWORK_SPIKING_LAYERS <= sizeof((hil_step_answer){0}.spikes) / sizeof(uint16_t),
               "more spiking layers than an answer has counts for");
#endif
_Static_assert(HIL_NETWORK_MOTORS == 4, "an answer has four motors");

static void reset(void *self) {
    hil_network_on_link *const on = self;
    hil_network_reset(&on->network);
}

static uint8_t status_of(hil_status status) {
    switch (status) {
    case HIL_OK: return HIL_STATUS_OK;
    case HIL_NOT_FINITE: return HIL_STATUS_NOT_FINITE;
    default: return HIL_STATUS_DIVERGED;
    }
}

static uint8_t act(void *self, const hil_step_request *request, hil_step_answer *answer) {
    hil_network_on_link *const on = self;
    hil_state state;
    hil_setpoint setpoint;
    memcpy(state.position_m, request->position_m, sizeof state.position_m);
    memcpy(state.velocity_m_s, request->velocity_m_s, sizeof state.velocity_m_s);
    memcpy(state.quat_xyzw, request->quat_xyzw, sizeof state.quat_xyzw);
    memcpy(state.rates_rad_s, request->rates_rad_s, sizeof state.rates_rad_s);
    memcpy(setpoint.position_m, request->setpoint_position_m, sizeof setpoint.position_m);
    memcpy(setpoint.velocity_m_s, request->setpoint_velocity_m_s, sizeof setpoint.velocity_m_s);
    memcpy(setpoint.acceleration_m_s2, request->setpoint_acceleration_m_s2, sizeof setpoint.acceleration_m_s2);
    setpoint.said = request->said;

    const uint32_t start = on->work();
    const hil_status observed = hil_network_observe(&on->network, &state, &setpoint);
    const uint32_t between = on->work();
    if (observed != HIL_OK) return status_of(observed);
    const hil_status decided = hil_network_step(&on->network, answer->motors);
    const uint32_t end = on->work();
    if (decided != HIL_OK) return status_of(decided);
    answer->cost_observation = between - start;
    answer->cost_network = end - between;
#if HIL_NETWORK_NEURONS
    answer->spikes_count = HIL_NETWORK_SPIKING_LAYERS;
    memcpy(answer->spikes, on->network.spikes, sizeof on->network.spikes);
#endif
    return HIL_STATUS_OK;
}

static const uint8_t *state(const void *self) {
    const hil_network_on_link *const on = self;
    return (const uint8_t *)&on->network;
}

hil_controller hil_network_on_link_start(hil_network_on_link *self, hil_work_counter work, hil_hello_answer *hello) {
    self->work = work;
    hil_network_reset(&self->network);
    memcpy(hello->network_hash, hil_network_hash, sizeof hello->network_hash);
    hello->weights_crc32 = hil_network_weights_crc32();
    hello->spiking_layers = HIL_NETWORK_SPIKING_LAYERS;
    hello->observation_floats = HIL_NETWORK_INPUTS;
    hello->rate_hz = HIL_NETWORK_RATE_HZ;
    hello->state_bytes = hil_network_state_bytes;
    return (hil_controller){.self = self, .reset = reset, .act = act, .state = state};
}
