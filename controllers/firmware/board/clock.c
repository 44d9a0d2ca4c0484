/* The real STM32F405 at 168 MHz from its 8 MHz crystal (RM0090 chapters 3, 5 and 7). UNTESTED ON HARDWARE.
 *
 * Every wait is bounded: where the crystal or the PLL does not come up, as in an emulator that has neither, the chip goes
 * on from its 16 MHz oscillator. */
#include "board.h"

#define RCC_CR BOARD_REGISTER(0x40023800u)
#define RCC_PLLCFGR BOARD_REGISTER(0x40023804u)
#define RCC_CFGR BOARD_REGISTER(0x40023808u)
#define RCC_APB1ENR BOARD_REGISTER(0x40023840u)
#define PWR_CR BOARD_REGISTER(0x40007000u)
#define FLASH_ACR BOARD_REGISTER(0x40023C00u)

#define HSE_ON (1u << 16)
#define HSE_READY (1u << 17)
#define PLL_ON (1u << 24)
#define PLL_READY (1u << 25)
#define PWR_ENABLED (1u << 28)
#define PWR_FULL_SCALE (1u << 14)
/* 8 MHz / 8 * 336 / 2 = 168 MHz; / 7 = 48 MHz for USB */
#define PLL_168_MHZ (8u | 336u << 6 | 0u << 16 | 1u << 22 | 7u << 24)
#define FLASH_5_WAITS_AND_CACHES (5u | 1u << 8 | 1u << 9 | 1u << 10)
#define APB1_BY_4_APB2_BY_2 (5u << 10 | 4u << 13)
#define SYSTEM_CLOCK_PLL 2u
#define DIVIDERS_AND_SWITCH 0xFCF3u
#define SYSTEM_CLOCK_IS (3u << 2)

enum { HSI_HZ = 16000000, FULL_HZ = 168000000, MOST_LOOKS = 200000 };

static int comes_up(uint32_t bits)
{
    for (uint32_t look = 0; look < MOST_LOOKS; look++) {
        if ((RCC_CR & bits) != 0) {
            return 1;
        }
    }
    return 0;
}

uint32_t board_clock_start(void)
{
    RCC_CR |= HSE_ON;
    if (!comes_up(HSE_READY)) {
        return HSI_HZ;
    }
    RCC_APB1ENR |= PWR_ENABLED;
    PWR_CR |= PWR_FULL_SCALE;
    RCC_PLLCFGR = PLL_168_MHZ;
    RCC_CR |= PLL_ON;
    if (!comes_up(PLL_READY)) {
        return HSI_HZ;
    }
    FLASH_ACR = FLASH_5_WAITS_AND_CACHES;
    RCC_CFGR = (RCC_CFGR & ~DIVIDERS_AND_SWITCH) | APB1_BY_4_APB2_BY_2 | SYSTEM_CLOCK_PLL;
    for (uint32_t look = 0; look < MOST_LOOKS; look++) {
        if ((RCC_CFGR & SYSTEM_CLOCK_IS) == SYSTEM_CLOCK_PLL << 2) {
            return FULL_HZ;
        }
    }
    RCC_CFGR &= ~DIVIDERS_AND_SWITCH;
    return HSI_HZ;
}
