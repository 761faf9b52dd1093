//! Irregularity that is the same on every machine: lattice noise, scattered cells and streams of random numbers.

use glam::{IVec3, Vec3};
use std::sync::LazyLock;

/// A well-mixed word from a place of a lattice and a seed (the finaliser of MurmurHash3 over a sum of large odd multiples).
fn mixed(at: IVec3, seed: u32) -> u32 {
    let mut h = seed.wrapping_mul(0x9E37_79B1);
    for part in at.to_array() {
        h = (h ^ (part as u32).wrapping_mul(0x85EB_CA6B)).rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64);
    }
    h ^= h >> 16;
    h = h.wrapping_mul(0x85EB_CA6B);
    h ^= h >> 13;
    h = h.wrapping_mul(0xC2B2_AE35);
    h ^ (h >> 16)
}

fn unit(word: u32) -> f32 {
    (word >> 8) as f32 / (1 << 24) as f32
}

/// Cells a side after which lattices repeat; a power of two.
const PERIOD: i32 = 32;

/// Cells of a lattice.
const CELLS: usize = (PERIOD * PERIOD * PERIOD) as usize;

/// Values of a lattice, made once.
struct Lattice {
    /// `[z][y][x]`: mixed words.
    word: [u32; CELLS],
    /// `[z][y][x]`: the words' upper 24 bits as numbers.
    height: [f32; CELLS],
}

static LATTICE: LazyLock<Box<Lattice>> = LazyLock::new(|| {
    let mut lattice = Box::new(Lattice { word: [0; CELLS], height: [0.0; CELLS] });
    for i in 0..PERIOD.pow(3) {
        let word = mixed(IVec3::new(i % PERIOD, i / PERIOD % PERIOD, i / PERIOD / PERIOD), 0);
        lattice.word[i as usize] = word;
        lattice.height[i as usize] = (word >> 8) as f32;
    }
    lattice
});

/// Seeds shift the lattice by different amounts along each axis.
fn shifted(cell: IVec3, seed: u32) -> IVec3 {
    let word = seed.wrapping_mul(0x9E37_79B1);
    cell + IVec3::new((word >> 27) as i32, (word >> 22 & 31) as i32, (word >> 17 & 31) as i32)
}

/// Steps to the two corners of a cell along one axis, wrapped.
#[inline]
fn two(at: i32, stride: i32) -> [i32; 2] {
    [(at & (PERIOD - 1)) * stride, ((at + 1) & (PERIOD - 1)) * stride]
}

/// Steps to the corners of a cell along each axis.
#[inline]
fn corners(cell: IVec3) -> [[i32; 2]; 3] {
    [two(cell.x, 1), two(cell.y, PERIOD), two(cell.z, PERIOD * PERIOD)]
}

fn floor(p: Vec3) -> IVec3 {
    let down = |x: f32| x as i32 - i32::from(x < (x as i32) as f32);
    IVec3::new(down(p.x), down(p.y), down(p.z))
}

/// Smooth noise, −1..1, with features about `size_m` apart; repeats after 32 of them.
pub fn value(p: Vec3, size_m: f32, seed: u32) -> f32 {
    let height = &LATTICE.height;
    let q = p * (1.0 / size_m);
    let cell = floor(q);
    let f = q - cell.as_vec3();
    let s = f * f * (Vec3::splat(3.0) - 2.0 * f);
    let [xs, ys, zs] = corners(shifted(cell, seed));
    // The mask tells the compiler that no index is out of range.
    let line = |yz: i32| {
        let corner = |x: i32| height[(x + yz) as usize & (CELLS - 1)];
        corner(xs[0]) * (1.0 - s.x) + corner(xs[1]) * s.x
    };
    let low = line(ys[0] + zs[0]) * (1.0 - s.y) + line(ys[1] + zs[0]) * s.y;
    let high = line(ys[0] + zs[1]) * (1.0 - s.y) + line(ys[1] + zs[1]) * s.y;
    (low * (1.0 - s.z) + high * s.z) * (2.0 / (1 << 24) as f32) - 1.0
}

/// The nearest of points scattered one to a cell of `size_m`: distance in sizes, and its own number 0..1.
///
/// Looks at the eight cells around only, so distances over about half a size may be too great.
pub fn cells(p: Vec3, size_m: f32, seed: u32) -> (f32, f32) {
    let words = &LATTICE.word;
    let q = p * (1.0 / size_m);
    let base = floor(q - 0.5);
    let f = q - base.as_vec3();
    let [xs, ys, zs] = corners(shifted(base, seed));
    let mut best = (f32::MAX, 0);
    for i in 0..8 {
        let corner = IVec3::new(i & 1, i >> 1 & 1, i >> 2);
        let at = xs[(i & 1) as usize] + ys[(i >> 1 & 1) as usize] + zs[(i >> 2) as usize];
        let word = words[at as usize & (CELLS - 1)];
        let part = |shift: u32| (word >> shift & 255) as f32 * (0.5 / 255.0) + 0.25;
        let distance = (corner.as_vec3() + Vec3::new(part(0), part(8), part(16))).distance_squared(f);
        if distance < best.0 {
            best = (distance, word);
        }
    }
    (best.0.sqrt(), unit(best.1.wrapping_mul(0x2C1B_3C6D)))
}

/// A stream of random numbers for one use.
#[derive(Debug, Clone)]
pub struct Stream {
    seed: u32,
    next: i32,
}

impl Stream {
    /// The stream of a use under a seed.
    pub fn new(seed: u64, use_name: &str) -> Self {
        let word = blake3::hash(format!("{seed} {use_name}").as_bytes());
        let bytes = word.as_bytes();
        Self { seed: u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]), next: 0 }
    }

    /// 0..1.
    pub fn unit(&mut self) -> f32 {
        self.next = self.next.wrapping_add(1);
        unit(mixed(IVec3::new(self.next, 7, -3), self.seed))
    }

    /// −1..1, more often near 0.
    pub fn spread(&mut self) -> f32 {
        self.unit() + self.unit() - 1.0
    }

    /// A word to seed noise with.
    pub fn word(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        mixed(IVec3::new(self.next, -11, 5), self.seed)
    }
}

/// 0 below `from`, 1 above `to`, smooth between; `from` may be the greater.
pub fn ramp(x: f32, from: f32, to: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_its_range_and_varies() {
        let at = |i: i32| value(Vec3::new(i as f32 * 0.0007, 0.3, -1.0), 0.01, 5);
        let all: Vec<f32> = (0..4000).map(at).collect();
        assert!(all.iter().all(|v| (-1.0..=1.0).contains(v)));
        assert!(all.iter().copied().fold(0.0, f32::max) > 0.5 && all.iter().copied().fold(0.0, f32::min) < -0.5);
        assert!(all.windows(2).all(|w| (w[0] - w[1]).abs() < 0.3), "noise jumps");
    }

    #[test]
    fn streams_differ_by_use_and_fill_the_unit_interval() {
        let draw = |name: &str| {
            let mut stream = Stream::new(7, name);
            (0..1000).map(|_| stream.unit()).collect::<Vec<_>>()
        };
        assert_eq!(draw("hair"), draw("hair"));
        assert_ne!(draw("hair"), draw("skin"));
        let mean = draw("hair").iter().sum::<f32>() / 1000.0;
        assert!((mean - 0.5).abs() < 0.04, "{mean}");
    }
}
