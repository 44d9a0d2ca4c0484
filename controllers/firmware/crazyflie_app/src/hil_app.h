/* What the app knows of itself, for its log group and its parameters. */
#ifndef HIL_APP_H
#define HIL_APP_H

#include <stdbool.h>

#include "hil_network.h"

/* Who flies, and why: hilnet.who. From HIL_APP_FIRST_LATCHED on it stays until the controller is chosen again. */
typedef enum {
    HIL_APP_UNPROVEN = 0,   /* the firmware's PID: the golden replay has not passed (yet) */
    HIL_APP_NETWORK = 1,    /* the network */
    HIL_APP_PID = 2,        /* the PID: the set-point is none for a network */
    HIL_APP_NOT_FINITE = 3, /* the PID: state or set-point had a NaN or an infinity */
    HIL_APP_DIVERGED = 4,   /* the PID: the network answered NaN */
    HIL_APP_TILTED = 5,     /* the PID: tilt beyond hilnet.tiltMax */
    HIL_APP_ASTRAY = 6      /* the PID: farther from the set-point than hilnet.distMax */
} hil_app_flier;

#define HIL_APP_FIRST_LATCHED HIL_APP_NOT_FINITE

typedef struct {
    hil_network_state memory;
    float motors[HIL_NETWORK_MOTORS]; /* command 0..1 of the last step */
    float forces[HIL_NETWORK_MOTORS]; /* normalised, 0..1 */
    uint32_t golden_steps; /* that came out bit for bit */
    uint16_t step_us, step_most_us;
    uint16_t wait_ms; /* until the next step of the network */
    uint8_t who;      /* hil_app_flier */
    bool begun;       /* the memory is that of the flight now */
    volatile bool proven;
} hil_app_state;

/* Beyond these the PID takes over; parameters, written by another task at any time, each at once. */
typedef struct {
    float tilt_deg, distance_m;
} hil_app_limits;

extern hil_app_state hil_app;
extern hil_app_limits hil_app_most;

#endif
