/* A network on a chip: answers what the link asks, for ever. */
#include "board.h"
#include "hil_link.h"
#include "network_on_link.h"

int main(void)
{
    static hil_network_on_link on;
    static hil_controller controller;
    static hil_link link;
    static hil_hello_answer hello;

    const uint32_t clock_hz = board_clock_start();
    const uint8_t clock_source = board_work_start();
    controller = hil_network_on_link_start(&on, board_work, &hello);
    controller.stack_used = board_stack_used;
    hello.clock_source = clock_source;
    hello.clock_hz = clock_source == HIL_CLOCK_ICOUNT ? 0 : clock_hz; /* an emulator has no clock */
    hello.cpu_id = board_cpu_id();
    hello.flash_bytes = board_flash_bytes();
    hello.ram_bytes = board_ram_bytes();
    hello.stack_bytes = board_stack_bytes();
    hil_link_start(&link, &controller, &hello);
    board_line_start(clock_hz);
    for (;;) {
        const uint32_t size = hil_link_byte(&link, board_line_get());
        if (size > 0) {
            board_line_put(link.out, size);
        }
    }
}
