/* Bytes of a frame: COBS and CRC-32. The format is told in docs/link.md. */
#ifndef HIL_FRAME_H
#define HIL_FRAME_H

#include <stdint.h>

/* CRC-32 as zlib computes it. */
uint32_t hil_crc32(const uint8_t *data, uint32_t size);

/* COBS of at most HIL_PAYLOAD_MAX bytes, without the zeros around it; gives how many bytes, size + 1. */
uint32_t hil_cobs_encode(const uint8_t *payload, uint32_t size, uint8_t *encoded);

/* Undoes it in place; gives how many bytes are left, or HIL_NOT_COBS. `data` holds no zero. */
#define HIL_NOT_COBS UINT32_MAX
uint32_t hil_cobs_decode(uint8_t *data, uint32_t size);

#endif
