/* The line as USART2 at 921,600 baud, 8N1: PA2 sends, PA3 hears (TX2, RX2 of a Crazyflie's deck port).
 * RM0090 chapters 8 and 30. In QEMU the baud rate means nothing. UNTESTED ON HARDWARE.
 *
 * Bytes come by interrupt, so that none is lost while the network computes; without any the core sleeps, which spares
 * an emulator most of its work. */
#include "board.h"

#define RCC_AHB1ENR BOARD_REGISTER(0x40023830u)
#define RCC_APB1ENR BOARD_REGISTER(0x40023840u)
#define GPIOA_MODER BOARD_REGISTER(0x40020000u)
#define GPIOA_OSPEEDR BOARD_REGISTER(0x40020008u)
#define GPIOA_PUPDR BOARD_REGISTER(0x4002000Cu)
#define GPIOA_AFRL BOARD_REGISTER(0x40020020u)
#define USART2_SR BOARD_REGISTER(0x40004400u)
#define USART2_DR BOARD_REGISTER(0x40004404u)
#define USART2_BRR BOARD_REGISTER(0x40004408u)
#define USART2_CR1 BOARD_REGISTER(0x4000440Cu)
#define NVIC_ISER1 BOARD_REGISTER(0xE000E104u)

#define RX_NOT_EMPTY (1u << 5)
#define RX_OVERRUN (1u << 3)
#define TX_EMPTY (1u << 7)
#define USART_ON (1u << 13)
#define RX_INTERRUPT (1u << 5)
#define TX_ON (1u << 3)
#define RX_ON (1u << 2)

enum { BAUD = 921600, FULL_HZ = 168000000, RING = 1024, MOST_LOOKS = 1000000 };

static volatile uint8_t ring[RING];
static volatile uint32_t put_at, get_at; /* count up, wrap; the interrupt moves one, the main loop the other */

void board_usart_interrupt(void);
void board_usart_interrupt(void)
{
    const uint32_t status = USART2_SR;
    if ((status & (RX_NOT_EMPTY | RX_OVERRUN)) != 0) {
        const uint8_t byte = (uint8_t)USART2_DR; /* which also ends an overrun */
        if ((status & RX_NOT_EMPTY) != 0 && put_at - get_at < RING) { /* a byte too many is lost, and its frame's checksum tells */
            ring[put_at % RING] = byte;
            put_at = put_at + 1;
        }
    }
}

void board_line_start(uint32_t clock_hz)
{
    const uint32_t apb1_hz = clock_hz == FULL_HZ ? clock_hz / 4 : clock_hz; /* as clock.c sets it */
    RCC_AHB1ENR |= 1u;
    RCC_APB1ENR |= 1u << 17;
    GPIOA_MODER = (GPIOA_MODER & ~0xF0u) | 0xA0u; /* PA2, PA3: alternate function … */
    GPIOA_AFRL = (GPIOA_AFRL & ~0xFF00u) | 0x7700u; /* … 7, USART2 */
    GPIOA_OSPEEDR |= 0xF0u;
    GPIOA_PUPDR = (GPIOA_PUPDR & ~0xF0u) | 0x40u; /* a line that nobody drives is silent */
    USART2_BRR = (apb1_hz + BAUD / 2) / BAUD;
    USART2_CR1 = USART_ON | RX_INTERRUPT | TX_ON | RX_ON;
    NVIC_ISER1 = 1u << (38 - 32);
}

uint8_t board_line_get(void)
{
    while (get_at == put_at) {
        /* an interrupt between the look and the sleep would be slept through: held back, it ends the sleep */
        __asm__ volatile("cpsid i" ::: "memory");
        if (get_at == put_at) {
            __asm__ volatile("wfi");
        }
        __asm__ volatile("cpsie i\n isb" ::: "memory");
    }
    const uint8_t byte = ring[get_at % RING];
    get_at = get_at + 1;
    return byte;
}

void board_line_put(const uint8_t *data, uint32_t size)
{
    for (uint32_t k = 0; k < size; k++) {
        for (uint32_t look = 0; (USART2_SR & TX_EMPTY) == 0 && look < MOST_LOOKS; look++) {
        }
        USART2_DR = data[k];
    }
}
