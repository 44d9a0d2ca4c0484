/* The answering side as a program of this computer: frames in on standard input, out on standard output.
 *
 *     host_peer [--fd N] [--at STEP fault|hang|exit]
 *
 * With --fd both go over that descriptor, such as a socket. With --at it goes wrong when asked for that step, as a chip
 * can: reports a fault, computes for ever, ends. It ends too when its input does. */
#define _POSIX_C_SOURCE 200809L
#include "host_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const hil_controller *inner;
static uint32_t steps, wrong_at;
static const char *wrong = "";
static int out_fd = STDOUT_FILENO;

static void send_all(const uint8_t *data, uint32_t size) {
    while (size > 0) {
        const ssize_t sent = write(out_fd, data, size);
        if (sent <= 0) exit(1);
        data += sent;
        size -= (uint32_t)sent;
    }
}

static void go_wrong(void) {
    if (wrong[0] == 'f') { /* the registers of a write to where no memory is */
        const hil_fault_report report = {
            .cfsr = 0x8200, .hfsr = 0x40000000, .address = 0x10000000, .pc = 0x08000123, .lr = 0x08000457};
        uint8_t out[HIL_ENCODED_MAX + 2];
        send_all(out, hil_link_fault(&report, out));
        for (;;) pause();
    } else if (wrong[0] == 'h') {
        for (;;) pause();
    } else {
        fprintf(stderr, "host_peer: asked to end at step %u\n", (unsigned)wrong_at);
        exit(7);
    }
}

static uint8_t act(void *self, const hil_step_request *request, hil_step_answer *answer) {
    if (wrong_at > 0 && ++steps == wrong_at) go_wrong();
    return inner->act(self, request, answer);
}

int main(int argc, char **argv) {
    int in_fd = STDIN_FILENO;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--fd") == 0 && i + 1 < argc) {
            in_fd = out_fd = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--at") == 0 && i + 2 < argc) {
            wrong_at = (uint32_t)atoi(argv[++i]);
            wrong = argv[++i];
        } else {
            fprintf(stderr, "usage: host_peer [--fd N] [--at STEP fault|hang|exit]\n");
            return 2;
        }
    }
    hil_hello_answer hello = {0};
    inner = hil_host_controller(&hello);
    hil_controller controller = *inner;
    controller.act = act;
    static hil_link link;
    hil_link_start(&link, &controller, &hello);
    uint8_t buffer[4096];
    ssize_t size;
    while ((size = read(in_fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < size; i++) {
            const uint32_t answer = hil_link_byte(&link, buffer[i]);
            if (answer > 0) send_all(link.out, answer);
        }
    }
    return 0;
}
