//! The one colour that a film may carry.

/// Share of a pixel's luma that a full tint takes: red light is a fifth as bright as white of the same strength, and a bright drop would be
/// pink otherwise.
const DEEPENED: f32 = 0.55;
/// Weights of red and of the rest in luma (ITU-R BT.709-6 §3.2).
const RED: f32 = 0.2126;
const REST: f32 = 1.0 - RED;
/// Green and blue of a full tint, as a share of its luma.
const LEAST_REST: f32 = 0.15;

/// Display red, green and blue 0..255 of a pixel of a luma 0..255 of which a share, `tint` 0..255, is red. Without tint it is grey.
pub fn tinted(luma: u8, tint: u8) -> [u8; 3] {
    let (luma, tint) = (f32::from(luma) / 255.0, f32::from(tint) / 255.0);
    // As red as the display can show in this luma.
    let deep = luma * (1.0 - DEEPENED);
    let red = (deep * (1.0 - REST * LEAST_REST) / RED).min(1.0);
    let rest = (deep - RED * red) / REST;
    let mixed = |of: f32| ((luma + (of - luma) * tint) * 255.0).round().clamp(0.0, 255.0) as u8;
    [mixed(red), mixed(rest), mixed(rest)]
}

/// Luma, Cb and Cr of display red, green and blue 0..1: luma 0..1, the others −0.5..0.5 (ITU-R BT.709-6 §3.2 and §3.3).
pub(crate) fn ycc([red, green, blue]: [f32; 3]) -> [f32; 3] {
    let luma = RED * red + 0.7152 * green + 0.0722 * blue;
    [luma, (blue - luma) / 1.8556, (red - luma) / 1.5748]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tint_reddens_and_its_absence_leaves_grey() {
        for luma in 0..=255 {
            assert_eq!(tinted(luma, 0), [luma; 3]);
            let [red, green, blue] = tinted(luma, 255);
            assert!(green == blue && red >= green && (luma < 8 || red > green + luma / 4), "{luma}: {red} {green}");
            let [half, rest, _] = tinted(luma, 128);
            assert!(half.abs_diff(((u16::from(red) + u16::from(luma)) / 2) as u8) <= 2 && rest <= luma, "{luma}: {half}");
        }
    }

    #[test]
    fn greys_have_no_chroma_and_red_has_its_own() {
        let [luma, cb, cr] = ycc([0.4; 3]);
        assert!((luma - 0.4).abs() < 1e-6 && cb.abs() < 1e-6 && cr.abs() < 1e-6);
        let [luma, cb, cr] = ycc([1.0, 0.0, 0.0]);
        assert!((luma - 0.2126).abs() < 1e-6 && (cb + 0.1146).abs() < 1e-4 && (cr - 0.5).abs() < 1e-4);
    }
}
