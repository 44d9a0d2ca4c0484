/* Layers of a network: sums of 16 outputs at a time stay in registers, and of spikes only those that are there count.
 *
 *     sum = b + Σ_j w_j x_j, from b up in j         U ← (β U + sum) − θ s;  s = U > θ
 *
 * Weights lie input by input, weight[input][output], so that what one input adds to a block is contiguous. Sizes are
 * constants where these are called (from the layers that hil export writes), so every loop has a fixed length.
 */
#ifndef HIL_LAYERS_H
#define HIL_LAYERS_H

#include "hil_arithmetic.h"

/* What a layer is given: values of all inputs, or the indices, ascending, of those that spiked. */
typedef struct {
    int spiking;
    uint32_t count; /* of values, or of spikes */
    const float *values;
    const uint16_t *spiked;
} hil_inputs;

HIL_INLINE hil_inputs hil_values(const float *values, uint32_t count)
{
    const hil_inputs given = {0, count, values, 0};
    return given;
}

HIL_INLINE hil_inputs hil_spikes(const uint16_t *spiked, uint32_t count)
{
    const hil_inputs given = {1, count, 0, spiked};
    return given;
}

typedef struct {
    uint32_t size; /* outputs */
    const float *weight;
    const float *bias;
    const float *decay;     /* β within 0..1; of a LIF layer */
    const float *threshold; /* θ; of a LIF layer */
} hil_layer;

/* As much of a size as is whole blocks. */
HIL_INLINE uint32_t hil_whole(uint32_t size, uint32_t block)
{
    return size - size % block;
}

#define HIL_BLOCK_(name) name##_16
#define HIL_EACH_(DO) \
    DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#include "hil_block.h"

#define HIL_BLOCK_(name) name##_4
#define HIL_EACH_(DO) DO(0) DO(1) DO(2) DO(3)
#include "hil_block.h"

#define HIL_BLOCK_(name) name##_1
#define HIL_EACH_(DO) DO(0)
#include "hil_block.h"

/* A layer of leaky integrate-and-fire neurons. `spiked` holds the indices, ascending, of the `count` neurons that spiked
 * in the last step, and then of those that spike in this one: how many these are.
 */
HIL_INLINE uint16_t hil_lif(hil_layer layer, hil_inputs given, float *membrane, uint16_t *spiked, uint16_t count)
{
    for (uint32_t at = 0; at < hil_whole(layer.size, 16); at += 16) {
        hil_decay_block_16(at, layer, given, membrane);
    }
    for (uint32_t at = hil_whole(layer.size, 16); at < hil_whole(layer.size, 4); at += 4) {
        hil_decay_block_4(at, layer, given, membrane);
    }
    for (uint32_t at = hil_whole(layer.size, 4); at < layer.size; at++) {
        hil_decay_block_1(at, layer, given, membrane);
    }
    /* θ s is subtracted where s is 1; θ 0 could change no more than the sign of a zero */
    for (uint32_t k = 0; k < count; k++) {
        membrane[spiked[k]] -= layer.threshold[spiked[k]];
    }
    uint32_t fired = 0;
    for (uint32_t at = 0; at < hil_whole(layer.size, 16); at += 16) {
        fired = hil_fire_block_16(at, layer, membrane, spiked, fired);
    }
    for (uint32_t at = hil_whole(layer.size, 16); at < layer.size; at++) {
        fired = hil_fire_block_1(at, layer, membrane, spiked, fired);
    }
    return (uint16_t)fired;
}

/* A dense layer, its sums bent by the rational tanh or left as they are. */
HIL_INLINE void hil_dense(hil_layer layer, hil_inputs given, int bends, float *out)
{
    for (uint32_t at = 0; at < hil_whole(layer.size, 16); at += 16) {
        hil_dense_block_16(at, layer, given, bends, out);
    }
    for (uint32_t at = hil_whole(layer.size, 16); at < hil_whole(layer.size, 4); at += 4) {
        hil_dense_block_4(at, layer, given, bends, out);
    }
    for (uint32_t at = hil_whole(layer.size, 4); at < layer.size; at++) {
        hil_dense_block_1(at, layer, given, bends, out);
    }
}

#endif
