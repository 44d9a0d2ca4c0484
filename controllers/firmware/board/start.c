/* From reset to main, and what becomes of a fault. Cortex-M4F; Armv7-M Architecture Reference Manual (DDI 0403E). */
#include "board.h"
#include "hil_link.h"

extern uint32_t board_stack_begin[], board_stack_end[];
extern uint32_t board_data_begin[], board_data_end[], board_bss_begin[], board_bss_end[];
extern const uint32_t board_data_in_flash[];
extern const uint8_t board_flash_begin[], board_flash_end[];
extern uint32_t board_ram_end[];

int main(void);
void board_reset(void);
void board_usart_interrupt(void);

#define CPUID BOARD_REGISTER(0xE000ED00u)
#define CFSR BOARD_REGISTER(0xE000ED28u)
#define HFSR BOARD_REGISTER(0xE000ED2Cu)
#define MMFAR BOARD_REGISTER(0xE000ED34u)
#define BFAR BOARD_REGISTER(0xE000ED38u)
#define CPACR BOARD_REGISTER(0xE000ED88u)
#define CFSR_MMARVALID (1u << 7)
#define CFSR_BFARVALID (1u << 15)

#define PAINT 0xC5C5C5C5u /* of a stack that was never used */

/* Sizes as differences of addresses: the symbols are the linker script's, and no two of one array. */
static uint32_t between(const void *begin, const void *end)
{
    return (uint32_t)((uintptr_t)end - (uintptr_t)begin);
}

uint32_t board_flash_bytes(void)
{
    return between(board_flash_begin, board_flash_end);
}

uint32_t board_ram_bytes(void)
{
    return between(board_data_begin, board_bss_end);
}

uint32_t board_stack_bytes(void)
{
    return between(board_stack_begin, board_stack_end);
}

uint32_t board_stack_used(void)
{
    const volatile uint32_t *word = board_stack_begin;
    while (word < board_stack_end && *word == PAINT) {
        word++;
    }
    return between((const void *)word, board_stack_end);
}

uint32_t board_cpu_id(void)
{
    return CPUID;
}

/* All of it runs before there are variables: no static is read, and none is kept. */
__attribute__((noreturn, used)) static void begin(void)
{
    CPACR |= 0xFu << 20; /* full access to the FPU, which the next function may use */
    __asm__ volatile("dsb\n isb" ::: "memory");
    uint32_t *here;
    __asm__ volatile("mov %0, sp" : "=r"(here));
    for (volatile uint32_t *word = board_stack_begin; word < here; word++) {
        *word = PAINT;
    }
    const uint32_t *from = board_data_in_flash;
    for (volatile uint32_t *to = board_data_begin; to < board_data_end;) {
        *to++ = *from++;
    }
    for (volatile uint32_t *to = board_bss_begin; to < board_bss_end;) {
        *to++ = 0;
    }
    main();
    for (;;) {
    }
}

__attribute__((noreturn)) void board_reset(void)
{
    begin();
}

/* The frame that the processor pushed: r0 r1 r2 r3 r12 lr pc psr. It is not there when pushing it was the fault. */
__attribute__((noreturn, used)) static void tell_fault(const uint32_t *pushed)
{
    enum { LR = 5, PC = 6, WORDS = 8 };
    hil_fault_report report = {.cfsr = CFSR, .hfsr = HFSR};
    if (report.cfsr & CFSR_BFARVALID) {
        report.address = BFAR;
    } else if (report.cfsr & CFSR_MMARVALID) {
        report.address = MMFAR;
    }
    if (pushed >= board_stack_begin && pushed + WORDS <= board_stack_end) {
        report.pc = pushed[PC];
        report.lr = pushed[LR];
    }
    static uint8_t out[HIL_ENCODED_MAX + 2];
    board_line_put(out, hil_link_fault(&report, out));
    for (;;) {
        __asm__ volatile("cpsid i\n wfi");
    }
}

/* The stack may be what is wrong, and nothing returns from here: telling begins at its top again. */
__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("mov r0, sp\n"
                     "ldr r1, =board_stack_end\n"
                     "mov sp, r1\n"
                     "b tell_fault\n");
}

/* Of the 82 interrupts of an STM32F405 (RM0090, table 62), those up to USART2. */
enum { EXCEPTIONS = 16, USART2 = 38 };

__attribute__((section(".vectors"), used)) static void (*const vectors[EXCEPTIONS + USART2 + 1])(void) = {
    (void (*)(void))board_stack_end, /* the stack pointer at reset */
    board_reset,
    [2 ... EXCEPTIONS + USART2 - 1] = fault, /* NMI, faults, and what nobody switched on */
    [EXCEPTIONS + USART2] = board_usart_interrupt,
};
