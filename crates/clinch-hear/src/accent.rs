//! Where an accent tells the bar: then bars are what it tells.
//!
//! The decoder finds bars by harmony and by what the network has learnt from records. Where there is neither (clicks with a low accent, a drum alone), both are
//! chance, but what comes in below 150 Hz may still do so every third or fourth beat and on no other. Music hardly ever does: a kick plays more than the one,
//! or not always. So the accent is asked how much of it a metre and a first downbeat explain, and only a nearly perfect answer counts.

use crate::{bar, listen::Heard, pointer::Beat};

/// Metres that an accent tells. Bars of two aren't among them: every other beat is stronger in bars of four, too.
const METRES: [usize; 2] = [3, 4];
/// How well the accent must follow the bars, as a correlation over the song's beats: accented clicks reach 0.89 and more; of 45 sounds of the development half
/// one waltz 0.90, rightly, the next 0.81.
const PLAIN: f64 = 0.85;
/// Fewest beats for which this is asked: five bars of four.
const FEWEST: usize = 20;

/// The beats in the bars that a low accent tells; none where it tells none.
pub(crate) fn told(heard: &Heard, beats: &[Beat]) -> Option<Vec<Beat>> {
    if beats.len() < FEWEST {
        return None;
    }
    let accents = bar::standardised(beats.iter().map(|beat| bar::strongest_near(heard, &heard.low_onset, beat.at_secs)).collect());
    let (metre, first) = bars(&accents)?;
    let place = |i: usize| (i + metre - first) % metre;
    Some(beats.iter().enumerate().map(|(i, beat)| Beat { place: place(i), metre, ..*beat }).collect())
}

/// Metre and first downbeat that the accents follow best, if they do so plainly.
fn bars(accents: &[f64]) -> Option<(usize, usize)> {
    let all = METRES.into_iter().flat_map(|metre| (0..metre).map(move |first| (correlation(accents, metre, first), metre, first)));
    let best = all.fold((PLAIN, 0, 0), |best, next| if next.0 > best.0 { next } else { best });
    (best.1 > 0).then_some((best.1, best.2))
}

/// Correlation of the accents with bars: 1 where every downbeat has the same and every other beat another, lower one.
fn correlation(accents: &[f64], metre: usize, first: usize) -> f64 {
    let count = accents.len() as f64;
    let downbeats = (0..accents.len()).filter(|i| i % metre == first).count() as f64;
    let share = downbeats / count;
    let mean = accents.iter().sum::<f64>() / count;
    let (mut common, mut spread) = (0.0, 0.0);
    for (i, accent) in accents.iter().enumerate() {
        let downbeat = f64::from(u8::from(i % metre == first));
        common += (accent - mean) * (downbeat - share);
        spread += (accent - mean).powi(2);
    }
    common / (spread * count * share * (1.0 - share)).sqrt().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accent_on_every_bar_tells_metre_and_place() {
        for (metre, first) in [(3, 0), (3, 2), (4, 0), (4, 1), (4, 3)] {
            // A little uneven, and one accent left out
            let accents: Vec<f64> =
                (0..40).map(|i| f64::from(u8::from(i % metre == first && i / metre != 4)) + 0.1 * (i as f64).sin()).collect();
            assert_eq!(bars(&accents), Some((metre, first)));
        }
    }

    #[test]
    fn a_kick_on_other_beats_too_tells_nothing() {
        let kicks = |on: &[usize]| (0..64).map(|i| f64::from(u8::from(on.contains(&(i % 8))))).collect::<Vec<f64>>();
        assert_eq!(bars(&kicks(&[0, 2, 4, 6])), None);
        assert_eq!(bars(&kicks(&[0, 2, 4])), None);
        assert_eq!(bars(&kicks(&[0, 4, 7])), None);
        assert_eq!(bars(&[0.0; 40]), None);
    }
}
