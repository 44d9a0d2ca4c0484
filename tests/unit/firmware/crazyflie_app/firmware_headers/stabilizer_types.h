/* What passes between estimator, commander, controller and power distribution. */
#ifndef STABILIZER_TYPES_H
#define STABILIZER_TYPES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    float x, y, z;
} Axis3f;

typedef struct attitude_s {
    uint32_t timestamp;
    float roll, pitch, yaw; /* degrees; the estimate's pitch is inverted */
} attitude_t;

struct vec3_s {
    uint32_t timestamp;
    float x, y, z;
};

typedef struct vec3_s point_t;    /* m */
typedef struct vec3_s velocity_t; /* m/s */
typedef struct vec3_s acc_t;      /* g in a state, m/s² in a set-point */
typedef struct vec3_s jerk_t;

typedef struct quaternion_s {
    uint32_t timestamp;
    union {
        struct {
            float q0, q1, q2, q3;
        };
        struct {
            float x, y, z, w; /* body to world */
        };
    };
} quaternion_t;

typedef struct {
    float pressure, temperature, asl;
} baro_t;

typedef struct sensorData_s {
    Axis3f acc;  /* g */
    Axis3f gyro; /* deg/s */
    Axis3f mag;
    baro_t baro;
    uint64_t interruptTimestamp;
} sensorData_t;

typedef struct state_s {
    attitude_t attitude;
    quaternion_t attitudeQuaternion;
    point_t position;
    velocity_t velocity;
    acc_t acc;
} state_t;

#define STABILIZER_NR_OF_MOTORS 4

typedef enum control_mode_e {
    controlModeLegacy = 0,
    controlModeForceTorque = 1,
    controlModeForce = 2,
} control_mode_t;

typedef struct control_s {
    union {
        struct {
            int16_t roll, pitch, yaw;
            float thrust;
        };
        struct {
            float thrustSi;
            float torque[3];
        };
        float normalizedForces[STABILIZER_NR_OF_MOTORS]; /* 0..1 */
    };
    control_mode_t controlMode;
} control_t;

typedef enum mode_e {
    modeDisable = 0,
    modeAbs,
    modeVelocity
} stab_mode_t;

typedef struct setpoint_s {
    uint32_t timestamp;
    attitude_t attitude;     /* degrees */
    attitude_t attitudeRate; /* deg/s */
    quaternion_t attitudeQuaternion;
    float thrust;
    point_t position;
    velocity_t velocity;
    acc_t acceleration;
    jerk_t jerk;
    bool velocity_body;
    struct {
        stab_mode_t x, y, z, roll, pitch, yaw, quat;
    } mode;
} setpoint_t;

typedef uint32_t stabilizerStep_t;

#endif
