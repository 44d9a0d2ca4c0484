#include "hil_frame.h"

#include "hil_messages.h"

_Static_assert(HIL_ENCODED_MAX < 0xff, "a block of 254 bytes would need COBS's special case");

uint32_t hil_crc32(const uint8_t *data, uint32_t size) {
    /* Polynomial 0xedb88320, four bits at a time: 64 bytes of table instead of 1 kB. */
    static const uint32_t of_nibble[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
        0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu, 0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
    };
    uint32_t crc = 0xffffffffu;
    for (uint32_t i = 0; i < size; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ of_nibble[crc & 0xfu];
        crc = crc >> 4 ^ of_nibble[crc & 0xfu];
    }
    return ~crc;
}

uint32_t hil_cobs_encode(const uint8_t *payload, uint32_t size, uint8_t *encoded) {
    uint32_t distance_at = 0;
    for (uint32_t i = 0; i < size; i++) {
        if (payload[i] == 0) {
            encoded[distance_at] = (uint8_t)(i + 1 - distance_at);
            distance_at = i + 1;
        } else {
            encoded[i + 1] = payload[i];
        }
    }
    encoded[distance_at] = (uint8_t)(size + 1 - distance_at);
    return size + 1;
}

uint32_t hil_cobs_decode(uint8_t *data, uint32_t size) {
    uint32_t at = 0;
    while (at < size) {
        const uint32_t following = at + data[at];
        if (following > size) return HIL_NOT_COBS;
        for (uint32_t i = at + 1; i < following; i++) data[i - 1] = data[i];
        if (following < size) data[following - 1] = 0;
        at = following;
    }
    return size == 0 ? 0 : size - 1;
}
