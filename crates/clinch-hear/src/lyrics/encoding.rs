//! Bytes into text.

use super::Wrong;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Share of control characters from which bytes are no text.
const MOST_CONTROLS: f64 = 0.02;

/// Decodes by the byte-order mark, else as UTF-16 where every other byte is 0, as UTF-8 where it is valid, and else as what the bytes are likeliest
/// to be (Windows-1252, which covers Latin-1, for western languages).
///
/// # Errors
/// Where the bytes are no text.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Wrong> {
    let (encoding, mark_bytes) = Encoding::for_bom(bytes).unwrap_or_else(|| (guess(bytes), 0));
    let (text, _) = encoding.decode_without_bom_handling(&bytes[mark_bytes..]);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let controls = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count() + text.matches('\u{fffd}').count();
    if controls as f64 > MOST_CONTROLS * text.chars().count() as f64 {
        return Err((1, "it isn't text: name an LRC, SRT, WebVTT, TTML or text file, best in UTF-8".into()));
    }
    Ok(text)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // Of Latin letters in UTF-16 every second byte is 0.
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).take(2000).filter(|&&byte| byte == 0).count();
    let pairs = (bytes.len() / 2).min(2000);
    let (even, odd) = (zeros(0), zeros(1));
    if pairs >= 2 && 2 * odd > pairs && even == 0 {
        return UTF_16LE;
    }
    if pairs >= 2 && 2 * even > pairs && odd == 0 {
        return UTF_16BE;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_encoding_is_read() {
        let text = "[00:01.00]Où est passée la lumière ?\n[00:02.00]Für dich, älter als ich";
        let utf16 =
            |big: bool| text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>();
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat(),
            utf16(false),
            utf16(true),
            [vec![0xFF, 0xFE], utf16(false)].concat(),
            [vec![0xFE, 0xFF], utf16(true)].concat(),
            latin,
        ] {
            assert_eq!(decode(&bytes).unwrap(), text);
        }
        // Windows-1252 has typographic quotes where Latin-1 has nothing.
        assert_eq!(decode(b"[00:01.00]Don\x92t go, caf\xE9").unwrap(), "[00:01.00]Don\u{2019}t go, café");
    }

    #[test]
    fn other_alphabets_are_told_apart() {
        let (russian, _, _) = encoding_rs::WINDOWS_1251.encode("[00:01.00]Никто из нас не встанет, никто из нас не уйдёт");
        assert!(decode(&russian).unwrap().contains("Никто из нас"));
        let (japanese, _, _) = encoding_rs::SHIFT_JIS.encode("[00:01.00]わたしたちはまだ息をしている、どちらも立ち上がらない");
        assert!(decode(&japanese).unwrap().contains("わたしたち"));
    }

    #[test]
    fn a_picture_is_no_text() {
        let bytes: Vec<u8> = (0..2000_u32).map(|i| (i * i / 7 % 256) as u8).collect();
        assert!(decode(&bytes).unwrap_err().1.contains("isn't text"));
    }
}
