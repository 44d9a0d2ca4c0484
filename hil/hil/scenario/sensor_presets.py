"""Named sensors: what a scenario's `sensors: real-2026` stands for."""

from hil.scenario.conditions import Sensors

NONE = Sensors()

# "Learning to Fly in Seconds", training set-up (arplaboratory/learning-to-fly d07592d and its parameter sheet): white
# noise on the observation. Theirs is on every entry of the rotation matrix; the same angle is used here.
L2F_ORIGINAL = Sensors(
    position_noise_m=(0.001, 0.001, 0.001),
    velocity_noise_m_s=(0.002, 0.002, 0.002),
    attitude_noise_rad=(0.001, 0.001, 0.001),
    rates_noise_rad_s=(0.002, 0.002, 0.002),
)

# l2f 0.0.3, the Python package used with the spiking controller (NeurIPS 2025): 50 to 100 times as much.
L2F_PACKAGE = Sensors(
    position_noise_m=(0.05, 0.05, 0.05),
    velocity_noise_m_s=(0.1, 0.1, 0.1),
    attitude_noise_rad=(0.001, 0.001, 0.001),
    rates_noise_rad_s=(0.2, 0.2, 0.2),
)

# A Crazyflie 2.1 with firmware 2025.12.1, fed by motion capture, against that motion capture: 14 flights of NanoBench
# at 0.5..1 m/s, medians over flights of the estimator's error after its 20 ms lag is taken out. Gyro noise is what is
# above 15 Hz in flight, behind the firmware's 80 Hz low-pass. Three things to know:
# - Errors forget themselves after 0.17 s (position), 0.43 s (velocity), 1.1 s (tilt), 0.27 s (yaw); a preset has one
#   correlation time, the velocity's. Real errors grow with speed, about twofold from slow to fast flights: in hover
#   this preset is pessimistic.
# - Attitude bias is 0. What the recordings show is +0.3° roll and −0.6° pitch, alike in 13 of these 14 flights (1.5°
#   between all 79), which looks like how the markers were stuck on: the estimator's own bias cannot be told from it.
# - Gyro bias is below what can be seen, 4e-4 rad/s; that bound is taken as one standard deviation.
REAL_2026 = Sensors(
    position_noise_m=(0.015, 0.014, 0.0014),
    velocity_noise_m_s=(0.053, 0.051, 0.0085),
    attitude_noise_rad=(0.014, 0.020, 0.0053),
    rates_noise_rad_s=(0.0065, 0.0071, 0.0031),
    noise_correlation_s=0.43,
    rates_bias_rad_s=(4e-4, 4e-4, 4e-4),
    estimator_lag_s=0.02,
    gyro_cutoff_hz=80.0,
)

PRESETS: dict[str, Sensors] = {
    "none": NONE,
    "l2f-original": L2F_ORIGINAL,
    "l2f-package": L2F_PACKAGE,
    "real-2026": REAL_2026,
}
