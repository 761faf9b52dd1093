//! Curves of time.

/// From 0 to 1 with rest (in velocity and acceleration) at both ends; the minimum-jerk curve of human reaching (Flash and Hogan 1985).
pub fn ease(share: f64) -> f64 {
    let t = share.clamp(0.0, 1.0);
    t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)
}

/// From 0 to 1 at even speed, with short starts and stops.
pub fn cruise(share: f64) -> f64 {
    /// Share of the time for getting going, and again for stopping.
    const RAMP: f64 = 0.15;
    let t = share.clamp(0.0, 1.0);
    let speed = 1.0 / (1.0 - RAMP);
    if t < RAMP {
        speed * t * t / (2.0 * RAMP)
    } else if t > 1.0 - RAMP {
        1.0 - speed * (1.0 - t) * (1.0 - t) / (2.0 * RAMP)
    } else {
        speed * (t - RAMP / 2.0)
    }
}

/// A heavy, tired move: a slow start, the bulk of it in the middle, a long settling.
pub fn heave(share: f64) -> f64 {
    /// Exponent under 1: the move's peak speed comes before the middle, what is left is settling.
    const EARLY: f64 = 0.85;
    ease(share.clamp(0.0, 1.0).powf(EARLY))
}

/// The part of a whole that runs from `from` to `until`, as a share 0..1.
pub fn within(share: f64, from: f64, until: f64) -> f64 {
    ((share - from) / (until - from)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_start_at_zero_end_at_one_and_never_turn_back() {
        for curve in [ease, cruise, heave] {
            assert!(curve(0.0).abs() < 1e-12 && (curve(1.0) - 1.0).abs() < 1e-12);
            assert!((0..100).all(|i| curve(f64::from(i + 1) / 100.0) >= curve(f64::from(i) / 100.0)));
        }
    }
}
