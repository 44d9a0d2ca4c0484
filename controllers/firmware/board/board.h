/* What the pieces of a board bring to main.c. */
#ifndef HIL_BOARD_H
#define HIL_BOARD_H

#include <stdint.h>

/* ---- start.c ---- */
uint32_t board_flash_bytes(void); /* of the image */
uint32_t board_ram_bytes(void);   /* static, without the stack */
uint32_t board_stack_bytes(void); /* reserved */
uint32_t board_stack_used(void);  /* high-water mark since the start */
uint32_t board_cpu_id(void);

/* ---- clock.c ---- */
uint32_t board_clock_start(void); /* Hz of the core: 168 MHz, or what it is where the crystal does not start */

/* ---- work.c ---- */
uint8_t board_work_start(void); /* what counts: HIL_CLOCK_NONE, HIL_CLOCK_ICOUNT, HIL_CLOCK_DWT */
uint32_t board_work(void);      /* counts up, wraps; 0 always where nothing counts */

/* ---- line_usart.c or line_semihosting.c ---- */
void board_line_start(uint32_t clock_hz);
uint8_t board_line_get(void); /* waits for a byte */
void board_line_put(const uint8_t *data, uint32_t size); /* needs no interrupt: the fault handler calls it */

/* A register of a peripheral. */
#define BOARD_REGISTER(address) (*(volatile uint32_t *)(address))

#endif
