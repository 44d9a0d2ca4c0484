#include "hil_app_force.h"

#include "autoconf.h"
#include "hil_app_vehicle.h"
#include "platform_defaults.h"

#ifndef CONFIG_ENABLE_THRUST_BAT_COMPENSATED
#error "without battery compensation the firmware takes forces for duties: CONFIG_ENABLE_THRUST_BAT_COMPENSATED=y"
#endif

void hil_app_forces(const float motors[HIL_NETWORK_MOTORS], float forces[HIL_NETWORK_MOTORS])
{
    const float load = (motors[0] + motors[1] + motors[2] + motors[3]) / 4.0f;
    const float speed = HIL_APP_SCALE - HIL_APP_SAG * load;
    for (unsigned k = 0; k < HIL_NETWORK_MOTORS; k++) {
        const float m = motors[k] * speed;
        const float force = (HIL_APP_THRUST_C0_N + (HIL_APP_THRUST_C1_N + HIL_APP_THRUST_C2_N * m) * m) / THRUST_MAX;
        forces[k] = force > 1.0f ? 1.0f : (force > 0.0f ? force : 0.0f);
    }
}
