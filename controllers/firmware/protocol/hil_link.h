/* The side of the link that answers: bytes in, now and then a frame out. No malloc, no I/O, nothing static.
 *
 *     hil_link_start(&link, &controller, &hello);
 *     for (;;) {
 *         const uint32_t size = hil_link_byte(&link, next_byte());
 *         if (size > 0) send(link.out, size);
 *     }
 *
 * A request that comes again, byte for byte, is answered from memory and not done again. */
#ifndef HIL_LINK_H
#define HIL_LINK_H

#include "hil_messages.h"

/* What decides. `self` is handed to each function. */
typedef struct {
    void *self;
    /* Forget everything: the next step is the first of a flight. */
    void (*reset)(void *self);
    /* Decide: fill in motors, spikes and costs, give HIL_STATUS_OK. Any other status but HIL_STATUS_DIVERGED leaves
     * the state as it was. All numbers of the request are finite. */
    uint8_t (*act)(void *self, const hil_step_request *request, hil_step_answer *answer);
    /* The state, hello.state_bytes of it, as it lies in memory. */
    const uint8_t *(*state)(const void *self);
    /* High-water mark of the stack in bytes; NULL where nobody knows. */
    uint32_t (*stack_used)(void);
} hil_controller;

typedef struct {
    const hil_controller *controller;
    hil_hello_answer hello;
    hil_statistics_answer statistics;
    uint32_t step;
    uint32_t last_crc; /* with type and sequence: by what a repeat is known */
    uint16_t last_sequence;
    uint8_t last_type;
    uint16_t in_size;
    uint16_t out_size; /* 0: no request yet */
    uint8_t in[HIL_ENCODED_MAX];
    uint8_t out[HIL_ENCODED_MAX + 2]; /* the latest answer; kept, for a request that comes again */
} hil_link;

/* Protocol and layout of `hello` are filled in here. `controller` has to outlive the link. */
void hil_link_start(hil_link *link, const hil_controller *controller, const hil_hello_answer *hello);

/* Takes one byte; gives how many bytes of link->out are to be sent now, mostly 0. */
uint32_t hil_link_byte(hil_link *link, uint8_t byte);

/* The frame that tells of a processor fault, in `out`, HIL_ENCODED_MAX + 2 bytes; needs no link. Gives its size. */
uint32_t hil_link_fault(const hil_fault_report *report, uint8_t *out);

#endif
