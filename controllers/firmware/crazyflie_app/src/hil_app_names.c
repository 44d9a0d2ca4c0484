/* Names on the radio link, group hilnet. A log block holds 26 bytes: six floats and a byte or two. */
#include "hil_app.h"
#include "hil_app_vehicle.h"

#include "log.h"
#include "param.h"

static const uint32_t hash = HIL_APP_HASH32;

PARAM_GROUP_START(hilnet)
/* Tilt, degrees, and distance from the set-point, m, beyond which the PID takes over. */
PARAM_ADD(PARAM_FLOAT, tiltMax, &hil_app_most.tilt_deg)
PARAM_ADD(PARAM_FLOAT, distMax, &hil_app_most.distance_m)
/* The first 32 bits of the network's hash. */
PARAM_ADD(PARAM_UINT32 | PARAM_RONLY, hash, &hash)
PARAM_GROUP_STOP(hilnet)

LOG_GROUP_START(hilnet)
LOG_ADD(LOG_UINT8, who, &hil_app.who)
LOG_ADD(LOG_UINT32, golden, &hil_app.golden_steps)
LOG_ADD(LOG_UINT32, steps, &hil_app.memory.steps)
/* Microseconds of a step, and the most since the controller was chosen. */
LOG_ADD(LOG_UINT16, exec, &hil_app.step_us)
LOG_ADD(LOG_UINT16, execMax, &hil_app.step_most_us)
/* Inputs of the network: position error, rotation by rows, velocity error, rates. */
LOG_ADD(LOG_FLOAT, ex, &hil_app.memory.observation[0])
LOG_ADD(LOG_FLOAT, ey, &hil_app.memory.observation[1])
LOG_ADD(LOG_FLOAT, ez, &hil_app.memory.observation[2])
LOG_ADD(LOG_FLOAT, r00, &hil_app.memory.observation[3])
LOG_ADD(LOG_FLOAT, r01, &hil_app.memory.observation[4])
LOG_ADD(LOG_FLOAT, r02, &hil_app.memory.observation[5])
LOG_ADD(LOG_FLOAT, r10, &hil_app.memory.observation[6])
LOG_ADD(LOG_FLOAT, r11, &hil_app.memory.observation[7])
LOG_ADD(LOG_FLOAT, r12, &hil_app.memory.observation[8])
LOG_ADD(LOG_FLOAT, r20, &hil_app.memory.observation[9])
LOG_ADD(LOG_FLOAT, r21, &hil_app.memory.observation[10])
LOG_ADD(LOG_FLOAT, r22, &hil_app.memory.observation[11])
LOG_ADD(LOG_FLOAT, vx, &hil_app.memory.observation[12])
LOG_ADD(LOG_FLOAT, vy, &hil_app.memory.observation[13])
LOG_ADD(LOG_FLOAT, vz, &hil_app.memory.observation[14])
LOG_ADD(LOG_FLOAT, wx, &hil_app.memory.observation[15])
LOG_ADD(LOG_FLOAT, wy, &hil_app.memory.observation[16])
LOG_ADD(LOG_FLOAT, wz, &hil_app.memory.observation[17])
/* Outputs: motor commands and the forces that they are. */
LOG_ADD(LOG_FLOAT, m1, &hil_app.motors[0])
LOG_ADD(LOG_FLOAT, m2, &hil_app.motors[1])
LOG_ADD(LOG_FLOAT, m3, &hil_app.motors[2])
LOG_ADD(LOG_FLOAT, m4, &hil_app.motors[3])
LOG_ADD(LOG_FLOAT, f1, &hil_app.forces[0])
LOG_ADD(LOG_FLOAT, f2, &hil_app.forces[1])
LOG_ADD(LOG_FLOAT, f3, &hil_app.forces[2])
LOG_ADD(LOG_FLOAT, f4, &hil_app.forces[3])
/* How many neurons of each layer spiked. */
#if HIL_NETWORK_SPIKING_LAYERS > 0
LOG_ADD(LOG_UINT16, spikes1, &hil_app.memory.spikes[0])
#endif
#if HIL_NETWORK_SPIKING_LAYERS > 1
LOG_ADD(LOG_UINT16, spikes2, &hil_app.memory.spikes[1])
#endif
#if HIL_NETWORK_SPIKING_LAYERS > 2
LOG_ADD(LOG_UINT16, spikes3, &hil_app.memory.spikes[2])
#endif
#if HIL_NETWORK_SPIKING_LAYERS > 3
LOG_ADD(LOG_UINT16, spikes4, &hil_app.memory.spikes[3])
#endif
LOG_GROUP_STOP(hilnet)
