/* Newtons of one motor at a normalised force of 1, with the propellers of a Crazyflie 2.1+. */
#ifndef PLATFORM_DEFAULTS_H
#define PLATFORM_DEFAULTS_H
#define THRUST_MAX 0.12f
#endif
