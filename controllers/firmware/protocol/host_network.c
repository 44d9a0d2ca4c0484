/* A network as the controller of the host program. */
#include "host_peer.h"
#include "network_on_link.h"

static uint32_t nothing_counts(void) {
    return 0;
}

const hil_controller *hil_host_controller(hil_hello_answer *hello) {
    static hil_network_on_link on;
    static hil_controller controller;
    controller = hil_network_on_link_start(&on, nothing_counts, hello);
    return &controller;
}
