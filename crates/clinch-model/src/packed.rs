//! Rows of whole numbers that change smoothly, packed into a few bits each.
//!
//! A block holds [`ROWS`] rows. Each column is written as its first number, its first difference, and second differences, the last in
//! as many bits as the largest of them needs: for smooth motion that is a third of the numbers themselves. (Second-order fixed linear
//! prediction, as in FLAC, RFC 9639, section 9.2.5; plain bit widths in place of Rice codes cost 6 % more and are quicker to reach into.)

use std::ops::Range;

/// Rows in a block: about a quarter of a second of motion. Twice as many pack no better and take twice as long to reach into.
pub(crate) const ROWS: usize = 32;

/// Bits that a width takes, 0..=32.
const WIDTH_BITS: u32 = 6;

/// Bytes of zeros behind the last bit, so that eight bytes can be read from any bit on.
const MARGIN: usize = 8;

/// Packs [`ROWS`] rows of `columns` numbers, shape `[row][column]`.
pub(crate) fn pack(rows: &[i32], columns: usize) -> Box<[u8]> {
    let mut bits = Writer::default();
    for column in 0..columns {
        let mut numbers: [i32; ROWS] = std::array::from_fn(|row| rows[row * columns + column]);
        for first in [1, 2] {
            for row in (first..ROWS).rev() {
                // Differences wrap, so none is lost.
                numbers[row] = numbers[row].wrapping_sub(numbers[row - 1]);
            }
        }
        for group in [&numbers[..1], &numbers[1..2], &numbers[2..]] {
            bits.group(group);
        }
    }
    bits.finish()
}

/// Unpacks the rows `wanted` of a block, appending them to `out`, shape `[row][column]`.
///
/// Rows or columns that aren't in the block come out as some numbers or other; [`fits`] tells beforehand.
pub(crate) fn unpack(block: &[u8], columns: usize, wanted: Range<usize>, out: &mut Vec<i32>) {
    let first = out.len();
    out.resize(first + wanted.len() * columns, 0);
    let out = &mut out[first..];
    let mut bits = Reader { block, at: 0 };
    for column in 0..columns {
        let mut number = bits.lone();
        let mut difference = bits.lone();
        let width = bits.take(WIDTH_BITS);
        let next_column = bits.at + width as usize * (ROWS - 2);
        for row in 0..wanted.end {
            if row >= 2 {
                difference = difference.wrapping_add(signed(bits.take(width)));
            }
            if row >= 1 {
                number = number.wrapping_add(difference);
            }
            if row >= wanted.start {
                out[(row - wanted.start) * columns + column] = number;
            }
        }
        bits.at = next_column;
    }
}

/// Whether a block is as [`pack`] writes one of so many columns.
pub(crate) fn fits(block: &[u8], columns: usize) -> bool {
    let mut bits = Reader { block, at: 0 };
    for _ in 0..columns {
        for numbers in [1, 1, ROWS - 2] {
            let width = bits.take(WIDTH_BITS);
            if width > 32 {
                return false;
            }
            bits.at += width as usize * numbers;
        }
    }
    block.len() == bits.at.div_ceil(8) + MARGIN
}

/// Small numbers of either sign as small numbers.
fn unsigned(number: i32) -> u32 {
    ((number << 1) ^ (number >> 31)) as u32
}

fn signed(number: u32) -> i32 {
    (number >> 1) as i32 ^ -((number & 1) as i32)
}

/// Writes bits, the lowest first.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// Bits that don't fill a byte yet, fewer than 8.
    rest: u64,
    rest_bits: u32,
}

impl Writer {
    /// Numbers in as many bits as the largest needs, after that width.
    fn group(&mut self, numbers: &[i32]) {
        let any = numbers.iter().fold(0, |any, &number| any | unsigned(number));
        let width = u32::BITS - any.leading_zeros();
        self.put(width, WIDTH_BITS);
        for &number in numbers {
            self.put(unsigned(number), width);
        }
    }

    fn put(&mut self, number: u32, width: u32) {
        self.rest |= u64::from(number) << self.rest_bits;
        self.rest_bits += width;
        while self.rest_bits >= 8 {
            self.bytes.push(self.rest as u8);
            self.rest >>= 8;
            self.rest_bits -= 8;
        }
    }

    fn finish(mut self) -> Box<[u8]> {
        if self.rest_bits > 0 {
            self.bytes.push(self.rest as u8);
        }
        self.bytes.extend([0; MARGIN]);
        self.bytes.into_boxed_slice()
    }
}

/// Reads bits where they are; beyond the end they are 0.
struct Reader<'a> {
    block: &'a [u8],
    /// Next bit.
    at: usize,
}

impl Reader<'_> {
    /// A number that has a width of its own.
    fn lone(&mut self) -> i32 {
        let width = self.take(WIDTH_BITS);
        signed(self.take(width))
    }

    fn take(&mut self, width: u32) -> u32 {
        let eight = self.block.get(self.at / 8..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let number = eight >> (self.at % 8) & ((1u64 << width) - 1);
        self.at += width as usize;
        number as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn unpacked(block: &[u8], columns: usize, wanted: Range<usize>) -> Vec<i32> {
        let mut out = Vec::new();
        unpack(block, columns, wanted, &mut out);
        out
    }

    #[test]
    fn whatever_is_packed_comes_out_again() {
        let mut stream = Stream::new(1, "packed");
        let mut noise = |scale: f64| (stream.between(-scale, scale)) as i32;
        let smooth: Vec<i32> = (0..ROWS as i32).flat_map(|i| [i * i * 7 - 1000, 5, -i]).collect();
        let rough: Vec<i32> = (0..3 * ROWS).map(|_| noise(2e9)).collect();
        let edges: Vec<i32> = (0..3 * ROWS).map(|i| [i32::MIN, i32::MAX, 0][(i * i / 5) % 3]).collect();
        for rows in [smooth, rough, edges, vec![0; 3 * ROWS]] {
            let block = pack(&rows, 3);
            assert!(fits(&block, 3));
            assert_eq!(unpacked(&block, 3, 0..ROWS), rows);
            for row in 0..ROWS {
                assert_eq!(unpacked(&block, 3, row..row + 1), rows[3 * row..3 * row + 3]);
            }
        }
    }

    #[test]
    fn an_even_course_takes_next_to_nothing() {
        // 32 rows of an even course: two numbers and three widths a column.
        let rows: Vec<i32> = (0..ROWS as i32).flat_map(|i| [100 + 3 * i, 0]).collect();
        assert_eq!(pack(&rows, 2).len(), (8 + 3 + 6 * 6usize).div_ceil(8) + MARGIN);
    }

    #[test]
    fn a_block_cut_short_grown_or_of_other_columns_is_noticed_and_never_panics() {
        let rows: Vec<i32> = (0..3 * ROWS as i32).map(|i| i * i % 97).collect();
        let block = pack(&rows, 3);
        for length in 0..block.len() {
            assert!(!fits(&block[..length], 3), "cut at {length}");
            unpacked(&block[..length], 3, 0..ROWS);
        }
        assert!(!fits(&[&block[..], &[0]].concat(), 3) && !fits(&block, 2));
        let wild = [0xff; 40];
        assert!(!fits(&wild, 3));
        unpacked(&wild, 3, 0..ROWS);
    }
}
