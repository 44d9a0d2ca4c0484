/* float32 as the numpy definition computes it: each product and each sum rounded once, in the order written. */
#ifndef HIL_ARITHMETIC_H
#define HIL_ARITHMETIC_H

#include <float.h>
#include <stdint.h>

#ifdef __FAST_MATH__
#error "-ffast-math changes bits: compile the network without it"
#endif

_Static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24 && FLT_MAX_EXP == 128, "float is IEEE 754 single precision");
_Static_assert(FLT_EVAL_METHOD == 0, "float is computed in float: on i386 that needs -msse2 -mfpmath=sse");

#if defined(__GNUC__) /* and clang */
#define HIL_INLINE static inline __attribute__((always_inline))
#else
#define HIL_INLINE static inline
#endif

/* The value, within ±limit; NaN stays NaN. */
HIL_INLINE float hil_within(float value, float limit)
{
    return value > limit ? limit : (value < -limit ? -limit : value);
}

/* x (27 + x²) / (27 + 9 x²) within ±3, else the sign of x: no libm, whose tanh differs from library to library. */
HIL_INLINE float hil_rational_tanh(float x)
{
    const float inner = hil_within(x, 3.0f);
    const float square = inner * inner;
    return inner * (27.0f + square) / (27.0f + 9.0f * square);
}

/* Neither NaN nor infinite. */
HIL_INLINE int hil_finite(float value)
{
    return value <= FLT_MAX && value >= -FLT_MAX;
}

#endif
