//! Eight numbers at a time, as AVX2 registers or as plain arrays that give the same bits.
//!
//! Neither way fuses a multiplication with an addition, so both round alike and a picture doesn't depend on which one ran.

/// Eight `f32` side by side.
pub(crate) trait Lanes: Copy {
    /// The same number in every lane.
    fn splat(x: f32) -> Self;
    /// Lane `i` from `values[i]`.
    fn load(values: &[f32; 8]) -> Self;
    /// Lane `i` to element `i`.
    fn store(self) -> [f32; 8];
    /// Sum.
    fn plus(self, other: Self) -> Self;
    /// Difference.
    fn minus(self, other: Self) -> Self;
    /// Product.
    fn times(self, other: Self) -> Self;
    /// Quotient.
    fn over(self, other: Self) -> Self;
    /// The lesser; `other` where either isn't a number.
    fn min_or(self, other: Self) -> Self;
    /// The greater; `other` where either isn't a number.
    fn max_or(self, other: Self) -> Self;
    /// Bit `i` says whether lane `i` is at most the other's; false where either isn't a number.
    fn at_most(self, other: Self) -> u32;
}

/// Eight lanes without any special instruction.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; 8]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self.0;
        for (mine, theirs) in out.iter_mut().zip(other.0) {
            *mine = f(*mine, theirs);
        }
        Self(out)
    }
}

impl Lanes for Portable {
    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; 8])
    }

    #[inline(always)]
    fn load(values: &[f32; 8]) -> Self {
        Self(*values)
    }

    #[inline(always)]
    fn store(self) -> [f32; 8] {
        self.0
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    fn min_or(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn max_or(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        (0..8).fold(0, |bits, i| bits | u32::from(self.0[i] <= other.0[i]) << i)
    }
}

/// Eight lanes in one AVX register.
///
/// Only code that runs after AVX2 was found on the processor may name this type ([`crate::bvh`] sees to it): every method relies on that.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx(std::arch::x86_64::__m256);

#[cfg(target_arch = "x86_64")]
mod avx {
    use super::{Avx, Lanes};
    use std::arch::x86_64::*;

    // SAFETY of every block below: the type is only named behind a check for AVX2.
    impl Lanes for Avx {
        #[inline(always)]
        fn splat(x: f32) -> Self {
            unsafe { Self(_mm256_set1_ps(x)) }
        }

        #[inline(always)]
        fn load(values: &[f32; 8]) -> Self {
            unsafe { Self(_mm256_loadu_ps(values.as_ptr())) }
        }

        #[inline(always)]
        fn store(self) -> [f32; 8] {
            let mut out = [0.0; 8];
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), self.0) };
            out
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            unsafe { Self(_mm256_sub_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn times(self, other: Self) -> Self {
            unsafe { Self(_mm256_mul_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn over(self, other: Self) -> Self {
            unsafe { Self(_mm256_div_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn min_or(self, other: Self) -> Self {
            unsafe { Self(_mm256_min_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn max_or(self, other: Self) -> Self {
            unsafe { Self(_mm256_max_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn at_most(self, other: Self) -> u32 {
            unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0)) as u32 }
        }
    }
}
