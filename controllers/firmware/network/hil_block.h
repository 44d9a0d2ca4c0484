/* A block of outputs whose sums stay in registers. Included by hil_layers.h, once for each width of a block:
 *
 *     HIL_BLOCK_(name)   the name with the width behind it        HIL_EACH_(DO)   DO(0) DO(1) … of every output
 *
 * Sums are variables, not an array, because compilers keep an array in memory.
 */

#define BEGIN_(k) float sum##k = layer.bias[at + k##u];
#define ADD_PRODUCT_(k) sum##k += weight[k] * value;
#define ADD_(k) sum##k += weight[k];

/* Sums of outputs at .. at + width - 1. */
#define SUMS_                                                                                                          \
    HIL_EACH_(BEGIN_)                                                                                                  \
    if (!given.spiking) {                                                                                              \
        const float *weight = layer.weight + at;                                                                       \
        for (uint32_t j = 0; j < given.count; j++, weight += layer.size) {                                             \
            const float value = given.values[j];                                                                       \
            HIL_EACH_(ADD_PRODUCT_)                                                                                    \
        }                                                                                                              \
    } else {                                                                                                           \
        for (uint32_t j = 0; j < given.count; j++) {                                                                   \
            const float *weight = layer.weight + given.spiked[j] * layer.size + at;                                    \
            HIL_EACH_(ADD_)                                                                                            \
        }                                                                                                              \
    }

#define DECAY_(k) membrane[at + k##u] = layer.decay[at + k##u] * membrane[at + k##u] + sum##k;

/* β U + sum of the neurons at .. at + width - 1 of a layer. */
HIL_INLINE void HIL_BLOCK_(hil_decay_block)(uint32_t at, hil_layer layer, hil_inputs given, float *membrane)
{
    SUMS_
    HIL_EACH_(DECAY_)
}

#define FIRE_(k)                                                                                                       \
    if (membrane[at + k##u] > layer.threshold[at + k##u]) {                                                            \
        spiked[fired++] = (uint16_t)(at + k##u);                                                                       \
    }

/* Those of them that spike are appended; how many of the layer have by then. */
HIL_INLINE uint32_t HIL_BLOCK_(hil_fire_block)(uint32_t at, hil_layer layer, const float *membrane, uint16_t *spiked,
                                               uint32_t fired)
{
    HIL_EACH_(FIRE_)
    return fired;
}

#define GIVE_(k) out[at + k##u] = bends ? hil_rational_tanh(sum##k) : sum##k;

/* Outputs at .. at + width - 1 of a dense layer. */
HIL_INLINE void HIL_BLOCK_(hil_dense_block)(uint32_t at, hil_layer layer, hil_inputs given, int bends, float *out)
{
    SUMS_
    HIL_EACH_(GIVE_)
}

#undef BEGIN_
#undef ADD_PRODUCT_
#undef ADD_
#undef SUMS_
#undef DECAY_
#undef FIRE_
#undef GIVE_
#undef HIL_BLOCK_
#undef HIL_EACH_
