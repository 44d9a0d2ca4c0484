/* What hil export writes for each network, in hil_network_layers.c. */
#ifndef HIL_NETWORK_LAYERS_H
#define HIL_NETWORK_LAYERS_H

#include "hil_network.h"

/* One step of all layers: from memory->observation to memory->action. */
void hil_network_layers(hil_network_state *memory);

/* All weights, for their checksum, in this order: of each layer weight, bias, and of a LIF layer decay, threshold. */
typedef struct {
    const uint8_t *bytes;
    uint32_t count;
} hil_table;

extern const hil_table hil_network_tables[HIL_NETWORK_TABLES];

#endif
