/* What a step costs, in whatever this machine counts truly.
 *
 * A chip counts its cycles (DWT; UNTESTED ON HARDWARE). QEMU has no DWT, but with `-icount shift=0` one instruction is
 * one tick of its TIM2. That is not taken on trust: a thousand instructions have to count a thousand, or nothing counts.
 * On a chip, and in a QEMU whose timer runs at another rate, they do not. */
#include "board.h"
#include "hil_messages.h"

#define DEMCR BOARD_REGISTER(0xE000EDFCu)
#define DWT_CTRL BOARD_REGISTER(0xE0001000u)
#define DWT_CYCCNT BOARD_REGISTER(0xE0001004u)
#define RCC_APB1ENR BOARD_REGISTER(0x40023840u)
#define TIM2_CR1 BOARD_REGISTER(0x40000000u)
#define TIM2_CNT BOARD_REGISTER(0x40000024u)
#define TIM2_ARR BOARD_REGISTER(0x4000002Cu)

static uint32_t nothing;
static volatile uint32_t *counter = &nothing;

#define NOPS_ "nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n"

static uint32_t counted_of_thousand(void)
{
    const uint32_t begin = TIM2_CNT;
    const uint32_t middle = TIM2_CNT;
    __asm__ volatile(".rept 100\n" NOPS_ ".endr" ::: "memory");
    const uint32_t end = TIM2_CNT;
    return (end - middle) - (middle - begin);
}

uint8_t board_work_start(void)
{
    uint8_t source = HIL_CLOCK_NONE;
    DEMCR |= 1u << 24; /* trace on */
    DWT_CYCCNT = 0;
    DWT_CTRL |= 1u;
    for (volatile int wait = 0; wait < 16; wait++) {
    }
    if ((DWT_CTRL & 1u) != 0 && DWT_CYCCNT != 0) {
        counter = &DWT_CYCCNT;
        source = HIL_CLOCK_DWT;
    } else {
        RCC_APB1ENR |= 1u;
        TIM2_ARR = UINT32_MAX;
        TIM2_CR1 = 1u;
        if (counted_of_thousand() == 1000u && counted_of_thousand() == 1000u) {
            counter = &TIM2_CNT;
            source = HIL_CLOCK_ICOUNT;
        }
    }
    return source;
}

uint32_t board_work(void)
{
    return *counter;
}
