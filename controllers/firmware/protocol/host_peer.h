/* What a controller brings to the host program: itself, and what the link's hello says of it. */
#ifndef HIL_HOST_PEER_H
#define HIL_HOST_PEER_H

#include "hil_link.h"

const hil_controller *hil_host_controller(hil_hello_answer *hello);

#endif
