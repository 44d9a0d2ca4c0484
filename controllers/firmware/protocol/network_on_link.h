/* A network (hil_network.h) as what a link asks. */
#ifndef HIL_NETWORK_ON_LINK_H
#define HIL_NETWORK_ON_LINK_H

#include "hil_link.h"
#include "hil_network.h"

/* Counts work in the unit of hello.clock_source, wrapping; gives 0 always where nothing counts. */
typedef uint32_t (*hil_work_counter)(void);

/* What `self` of the controller points to. */
typedef struct {
    hil_network_state network;
    hil_work_counter work;
} hil_network_on_link;

/* Puts the network at its first step, and fills in of `hello` what is known of it: hash, checksum, layers, rate, sizes. */
hil_controller hil_network_on_link_start(hil_network_on_link *self, hil_work_counter work, hil_hello_answer *hello);

#endif
