/* From motor commands to the forces that the firmware wants. */
#ifndef HIL_APP_FORCE_H
#define HIL_APP_FORCE_H

#include "hil_network.h"

/* Normalised forces 0..1, 1 being THRUST_MAX newtons, of commands 0..1: what each rotor thrusts at rest in the plant of
 * training, with a full battery. With ū the mean command,
 *
 *     m = u (SCALE − SAG ū)        T = C0 + C1 m + C2 m²        force = T / THRUST_MAX, within 0..1
 *
 * A vehicle without a battery has SCALE 1 and SAG 0. What voltage a force takes now is the firmware's business.
 */
void hil_app_forces(const float motors[HIL_NETWORK_MOTORS], float forces[HIL_NETWORK_MOTORS]);

#endif
