#include "hil_link.h"

#include "hil_frame.h"

enum { HEADER = 4, CHECKSUM = 4 };

static const struct {
    uint8_t type;
    uint8_t size;
} request_sizes[] = {
    {HIL_TYPE_HELLO, 0},
    {HIL_TYPE_RESET, 0},
    {HIL_TYPE_STEP, HIL_STEP_REQUEST_SIZE},
    {HIL_TYPE_STATE, HIL_STATE_REQUEST_SIZE},
    {HIL_TYPE_STATISTICS, 0},
};

/* Header and checksum around the body that lies in payload + HEADER, as a frame in `out`. */
static uint32_t frame(uint8_t type, uint8_t status, uint16_t sequence, uint8_t *payload, uint32_t body, uint8_t *out) {
    hil_put_u8(payload, type);
    hil_put_u8(payload + 1, status);
    hil_put_u16(payload + 2, sequence);
    hil_put_u32(payload + HEADER + body, hil_crc32(payload, HEADER + body));
    const uint32_t encoded = hil_cobs_encode(payload, HEADER + body + CHECKSUM, out + 1);
    out[0] = 0;
    out[encoded + 1] = 0;
    return encoded + 2;
}

/* True for bits of a float32 that is neither NaN nor infinite; the bytes are looked at, not the number. */
static int finite(const uint8_t *at) {
    return (hil_get_u32(at) & 0x7f800000u) != 0x7f800000u;
}

static uint8_t step(hil_link *link, const uint8_t *body, uint8_t *answer_body, uint32_t *answer_size) {
    hil_step_request request;
    hil_step_answer answer;
    for (uint32_t i = 0; i < HIL_STEP_REQUEST_SIZE - 4; i += 4) { /* all but `said` are floats */
        if (!finite(body + i)) return HIL_STATUS_NOT_FINITE;
    }
    hil_step_request_read(&request, body);
    memset(&answer, 0, sizeof answer);
    const uint8_t status = link->controller->act(link->controller->self, &request, &answer);
    if (status != HIL_STATUS_OK) return status;
    answer.step = ++link->step;
    const uint32_t cost = answer.cost_observation + answer.cost_network;
    if (cost > link->statistics.cost_worst) link->statistics.cost_worst = cost;
    *answer_size = hil_step_answer_write(&answer, answer_body);
    return HIL_STATUS_OK;
}

static uint8_t state(hil_link *link, const uint8_t *body, uint8_t *answer_body, uint32_t *answer_size) {
    hil_state_request request;
    hil_state_answer answer;
    hil_state_request_read(&request, body);
    if (request.offset > link->hello.state_bytes) return HIL_STATUS_BAD_VALUE;
    const uint32_t left = link->hello.state_bytes - request.offset;
    answer.offset = request.offset;
    answer.data_count = (uint8_t)(left < sizeof answer.data ? left : sizeof answer.data);
    memcpy(answer.data, link->controller->state(link->controller->self) + request.offset, answer.data_count);
    *answer_size = hil_state_answer_write(&answer, answer_body);
    return HIL_STATUS_OK;
}

static uint8_t reset(hil_link *link, uint8_t *answer_body, uint32_t *answer_size) {
    link->controller->reset(link->controller->self);
    link->step = 0;
    const hil_reset_answer answer = {.step = 0};
    *answer_size = hil_reset_answer_write(&answer, answer_body);
    return HIL_STATUS_OK;
}

static uint8_t statistics(hil_link *link, uint8_t *answer_body, uint32_t *answer_size) {
    if (link->controller->stack_used) link->statistics.stack_used_bytes = link->controller->stack_used();
    *answer_size = hil_statistics_answer_write(&link->statistics, answer_body);
    return HIL_STATUS_OK;
}

static uint8_t known(uint8_t type, uint32_t size) {
    for (uint32_t i = 0; i < sizeof request_sizes / sizeof request_sizes[0]; i++) {
        if (request_sizes[i].type == type) {
            return request_sizes[i].size == size ? HIL_STATUS_OK : HIL_STATUS_BAD_LENGTH;
        }
    }
    return HIL_STATUS_UNKNOWN_TYPE;
}

/* The body of the answer, where the status is OK. */
static uint8_t done(hil_link *link, uint8_t type, const uint8_t *body, uint32_t size, uint8_t *answer, uint32_t *written) {
    const uint8_t status = known(type, size);
    if (status != HIL_STATUS_OK) return status;
    switch (type) {
    case HIL_TYPE_HELLO: *written = hil_hello_answer_write(&link->hello, answer); return HIL_STATUS_OK;
    case HIL_TYPE_RESET: return reset(link, answer, written);
    case HIL_TYPE_STEP: return step(link, body, answer, written);
    case HIL_TYPE_STATE: return state(link, body, answer, written);
    case HIL_TYPE_STATISTICS: return statistics(link, answer, written);
    default: return HIL_STATUS_UNKNOWN_TYPE;
    }
}

/* What to answer to the frame in link->in; gives its size in link->out. */
static uint32_t answered(hil_link *link) {
    if (link->in_size > HIL_ENCODED_MAX) {
        link->statistics.dropped_long++;
        return 0;
    }
    uint8_t *const payload = link->in;
    const uint32_t size = hil_cobs_decode(payload, link->in_size);
    if (size == HIL_NOT_COBS) {
        link->statistics.dropped_cobs++;
        return 0;
    }
    if (size < HIL_PAYLOAD_MIN) {
        link->statistics.dropped_short++;
        return 0;
    }
    const uint32_t crc = hil_get_u32(payload + size - CHECKSUM);
    if (crc != hil_crc32(payload, size - CHECKSUM)) {
        link->statistics.dropped_crc++;
        return 0;
    }
    const uint8_t type = hil_get_u8(payload);
    const uint16_t sequence = hil_get_u16(payload + 2);
    if (type & HIL_ANSWER) {
        link->statistics.dropped_answers++;
        return 0;
    }
    if (link->out_size > 0 && type == link->last_type && sequence == link->last_sequence && crc == link->last_crc) {
        link->statistics.repeats++;
        return link->out_size;
    }
    uint8_t answer[HIL_PAYLOAD_MAX];
    uint32_t written = 0;
    const uint8_t status = done(link, type, payload + HEADER, size - HIL_PAYLOAD_MIN, answer + HEADER, &written);
    if (status != HIL_STATUS_OK) link->statistics.refused++;
    link->statistics.requests++;
    link->last_type = type;
    link->last_sequence = sequence;
    link->last_crc = crc;
    link->out_size = (uint16_t)frame(type | HIL_ANSWER, status, sequence, answer, written, link->out);
    return link->out_size;
}

void hil_link_start(hil_link *link, const hil_controller *controller, const hil_hello_answer *hello) {
    memset(link, 0, sizeof *link);
    link->controller = controller;
    link->hello = *hello;
    link->hello.protocol = HIL_PROTOCOL;
    link->hello.layout_crc32 = HIL_LAYOUT_CRC32;
}

uint32_t hil_link_byte(hil_link *link, uint8_t byte) {
    if (byte != 0) {
        if (link->in_size < HIL_ENCODED_MAX) link->in[link->in_size] = byte;
        if (link->in_size <= HIL_ENCODED_MAX) link->in_size++;
        return 0;
    }
    const uint32_t size = link->in_size > 0 ? answered(link) : 0;
    link->in_size = 0;
    return size;
}

uint32_t hil_link_fault(const hil_fault_report *report, uint8_t *out) {
    uint8_t payload[HIL_PAYLOAD_MIN + HIL_FAULT_REPORT_SIZE];
    return frame(HIL_TYPE_FAULT, 0, 0, payload, hil_fault_report_write(report, payload + HEADER), out);
}
