//! Type laid over a picture before it is developed, so that it has the film's grain and glow.

use crate::typesetter::Block;

/// How the film stock answers light: what is laid over a picture is mixed as it will print, where an edge looks as sharp as it was drawn.
#[derive(Debug, Clone, Copy)]
pub struct Stock {
    /// Display light 0..1 of a radiance.
    pub print_of: fn(f32) -> f32,
    /// Radiance that prints as a display light 0..1.
    pub radiance_of: fn(f32) -> f32,
}

/// Display light of type: paper white would glare in a dark street.
pub const INK: f32 = 0.86;

/// Display light to which the ground under type is held back. With the ink it gives a contrast of (0.86 + 0.05) / (0.10 + 0.05) = 6 to 1;
/// WCAG 2.2 asks 4.5 to 1 of text.
pub const GROUND: f32 = 0.10;

/// How far from the letters the ground is held back wholly, and how far from there it is back to itself, as shares of the size.
const GROUND_PAD: f32 = 0.14;
const GROUND_FADE: f32 = 0.8;

/// Heights of capitals' tops above, and of descenders below, the baseline's line top, as shares of the size: what a line's ground covers.
const LINE_TOP: f32 = 0.2;
const LINE_BOTTOM: f32 = 1.14;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rect {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Rect {
    /// Distance of a point from it; 0 within.
    fn distance(&self, x: f32, y: f32) -> f32 {
        let dx = (self.left - x).max(x - self.right).max(0.0);
        let dy = (self.top - y).max(y - self.bottom).max(0.0);
        dx.hypot(dy)
    }
}

impl Block {
    /// Lays the glyphs of the text's first `bytes` bytes over a picture of radiance, `[row][column]`, with the block's top left at `at`
    /// (column, row); the ground around them is held back where it is bright. What lies outside of the picture is left out.
    pub fn lay(&self, at: [i32; 2], bytes: usize, stock: &Stock, radiance: &mut [f32], width: usize) {
        self.hold_ground_back(at, bytes, stock, radiance, width);
        self.ink(at, bytes, INK, stock, radiance, width);
    }

    /// Inks the glyphs alone, with a display light.
    pub fn ink(&self, at: [i32; 2], bytes: usize, ink: f32, stock: &Stock, radiance: &mut [f32], width: usize) {
        let height = radiance.len() / width;
        for glyph in self.glyphs.iter().filter(|glyph| glyph.start < bytes) {
            for (row, line) in glyph.coverage.chunks_exact(glyph.size[0]).enumerate() {
                for (column, &covered) in line.iter().enumerate().filter(|(_, covered)| **covered > 0) {
                    let (x, y) = (at[0] + glyph.at[0] + column as i32, at[1] + glyph.at[1] + row as i32);
                    let within = (0..width as i32).contains(&x) && (0..height as i32).contains(&y);
                    if within {
                        let value = &mut radiance[y as usize * width + x as usize];
                        let share = f32::from(covered) / 255.0;
                        let print = (stock.print_of)(*value);
                        *value = (stock.radiance_of)(print + (ink - print) * share);
                    }
                }
            }
        }
    }

    fn hold_ground_back(&self, at: [i32; 2], bytes: usize, stock: &Stock, radiance: &mut [f32], width: usize) {
        let rects = self.line_rects(at, bytes);
        let (pad, fade) = (GROUND_PAD * self.size_px, GROUND_FADE * self.size_px);
        let height = radiance.len() / width;
        let reach = pad + fade;
        let edge = |value: f32, end: usize| value.clamp(0.0, end as f32) as usize;
        let (Some(top), Some(bottom)) = (rects.iter().map(|r| r.top).reduce(f32::min), rects.iter().map(|r| r.bottom).reduce(f32::max))
        else {
            return;
        };
        let left = rects.iter().map(|r| r.left).fold(f32::INFINITY, f32::min);
        let right = rects.iter().map(|r| r.right).fold(f32::NEG_INFINITY, f32::max);
        for y in edge(top - reach, height)..edge(bottom + reach + 1.0, height) {
            for x in edge(left - reach, width)..edge(right + reach + 1.0, width) {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let away = rects.iter().map(|rect| rect.distance(px, py)).fold(f32::INFINITY, f32::min);
                let t = 1.0 - ((away - pad) / fade).clamp(0.0, 1.0);
                let share = t * t * (3.0 - 2.0 * t);
                if share > 0.0 {
                    let value = &mut radiance[y * width + x];
                    let print = (stock.print_of)(*value);
                    // What is dark stays as it is; what is bright nears the bound.
                    let held = GROUND * (1.0 - (-print / GROUND).exp());
                    *value = (stock.radiance_of)(print + (held - print) * share);
                }
            }
        }
    }

    /// What each line's visible glyphs cover, from the tops of capitals to the ends of descenders.
    fn line_rects(&self, at: [i32; 2], bytes: usize) -> Vec<Rect> {
        let mut rects: Vec<Option<Rect>> = vec![None; self.lines];
        let leading = self.height_px / self.lines.max(1) as f32;
        for glyph in self.glyphs.iter().filter(|glyph| glyph.start < bytes) {
            let left = (at[0] + glyph.at[0]) as f32;
            let right = left + glyph.size[0] as f32;
            let line_top = at[1] as f32 + leading * glyph.line as f32;
            let Some(slot) = rects.get_mut(glyph.line) else { continue };
            let rect = slot.get_or_insert(Rect {
                left,
                right,
                top: line_top + LINE_TOP * self.size_px,
                bottom: line_top + LINE_BOTTOM * self.size_px,
            });
            (rect.left, rect.right) = (rect.left.min(left), rect.right.max(right));
        }
        rects.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typesetter::{Align, Style, Typesetter};

    const PLAIN: Stock = Stock { print_of: |radiance| radiance.clamp(0.0, 1.0), radiance_of: |print| print };

    fn laid(ground: f32) -> (Vec<f32>, Vec<f32>) {
        let style = Style { size_px: 40.0, width_px: 300.0, align: Align::Left, tracking: 0.0 };
        let block = Typesetter::new(None).unwrap().set("hold on", &style).unwrap();
        let (mut picture, mut cover) = (vec![ground; 320 * 120], vec![0.0; 320 * 120]);
        block.lay([60, 30], usize::MAX, &PLAIN, &mut picture, 320);
        block.ink([60, 30], usize::MAX, 1.0, &PLAIN, &mut cover, 320);
        (picture, cover)
    }

    #[test]
    fn type_has_its_contrast_on_any_ground() {
        for ground in [0.0, 0.05, 0.2, 0.5, 1.0] {
            let (picture, cover) = laid(ground);
            let inked: Vec<f32> = picture.iter().zip(&cover).filter(|(_, c)| **c >= 1.0).map(|(p, _)| *p).collect();
            assert!(inked.len() > 200 && inked.iter().all(|p| (p - INK).abs() < 1e-4));
            // Every uncovered pixel within four of a covered one is ground.
            let near = |i: usize| {
                let (x, y) = (i % 320, i / 320);
                (y - 4..=y + 4).any(|yy| (x - 4..=x + 4).any(|xx| cover[yy * 320 + xx] >= 1.0))
            };
            for i in (0..cover.len()).filter(|&i| (8..312).contains(&(i % 320)) && (8..112).contains(&(i / 320)) && cover[i] == 0.0) {
                if near(i) {
                    let contrast = (INK + 0.05) / (picture[i] + 0.05);
                    assert!(contrast >= 4.5, "{contrast} on {ground}");
                }
            }
        }
    }

    #[test]
    fn what_is_dark_or_far_from_type_stays_as_it_is() {
        let (picture, cover) = laid(0.01);
        assert!(picture.iter().zip(&cover).filter(|(_, c)| **c == 0.0).all(|(p, _)| (p - 0.01).abs() < 0.001));
        let (picture, _) = laid(0.7);
        assert_eq!(picture[0], 0.7);
        assert_eq!(picture[119 * 320 + 319], 0.7);
    }

    #[test]
    fn a_word_is_inked_only_once_its_time_has_come() {
        let style = Style { size_px: 40.0, width_px: 300.0, align: Align::Left, tracking: 0.0 };
        let block = Typesetter::new(None).unwrap().set("hold on", &style).unwrap();
        let inked = |bytes: usize| {
            let mut picture = vec![0.0; 320 * 120];
            block.lay([60, 30], bytes, &PLAIN, &mut picture, 320);
            (0..320).filter(|x| (0..120).any(|y| picture[y * 320 + x] > 0.5)).max()
        };
        assert_eq!(inked(0), None);
        let (first, both) = (inked("hold".len()).unwrap(), inked(usize::MAX).unwrap());
        assert!(first + 30 < both, "{first} {both}");
    }

    #[test]
    fn type_beyond_the_edge_is_cut_off() {
        let style = Style { size_px: 40.0, width_px: 300.0, align: Align::Left, tracking: 0.0 };
        let block = Typesetter::new(None).unwrap().set("hold on", &style).unwrap();
        let mut picture = vec![0.0; 32 * 32];
        block.lay([-20, -20], usize::MAX, &PLAIN, &mut picture, 32);
        block.lay([500, 500], usize::MAX, &PLAIN, &mut picture, 32);
    }
}
