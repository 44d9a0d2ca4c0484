typedef struct {
    float position[3], velocity[3], quat_xyzw[4], attitude_deg[3], gyro_deg_s[3];
    float wanted_position[3], wanted_velocity[3], wanted_acceleration[3], wanted_quat_xyzw[4], wanted_yaw_deg;
    int modes[7]; /* x y z roll pitch yaw quat */
    int velocity_body;
    uint32_t step;
} firmware_given;

typedef struct {
    int mode; /* control_mode_t */
    float forces[4];
    int roll, pitch, yaw;
    float thrust;
} firmware_control;

/* What the firmware's PID was asked, and how long the next steps of a controller take. */
extern uint32_t pid_calls, pid_begun, step_takes_us;
extern char console_said[256];

void controllerOutOfTreeInit(void);
_Bool controllerOutOfTreeTest(void);

/* One call of the controller in the stabilizer's loop; what is in control stays there, as in the firmware. */
void stabilizer_loop(const firmware_given *given, firmware_control *control);

/* Another's numbers in control, as whoever forgets to write all of it each time would leave there. */
void spoil_control(void);

/* The app's task until it waits for the first time. */
void run_app_task(void);
