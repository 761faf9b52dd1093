//! What the harmony says: how far it strains, and whether it is major or minor.

use super::{quantile, ramp};
use crate::listen::Moment;
use std::f64::consts::TAU;

/// Weights of the six coefficients of the tonal interval space, found for sound by Bernardes, Cocharro, Caetano, Guedes and Davies, "A
/// multi-level tonal interval space for modelling pitch relatedness and musical consonance", JNMR 45(4), 2016.
const WEIGHTS: [f64; 6] = [3.0, 8.0, 11.5, 15.0, 14.5, 7.5];
/// Bars to each side that make the key: Farbood's memory of some ten seconds, both ways because the song is known.
const KEY_REACH: usize = 8;
/// Bars to each side over which the mode is heard.
const MODE_REACH: usize = 3;
/// Key profiles of Krumhansl and Kessler ("Tracing the dynamic changes in perceived tonal organization", Psychological Review 89(4), 1982).
const MAJOR: [f64; 12] = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const MINOR: [f64; 12] = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];
/// Difference of the correlations with the best keys of both modes at which the mode is plain.
const PLAIN_MODE: f64 = 0.15;

/// Shares of the pitch classes from C, summing to 1; all 0 in silence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chroma([f64; 12]);

impl Chroma {
    /// The mean of some moments.
    pub(super) fn of(moments: &[Moment]) -> Self {
        let mut sums = [0.0; 12];
        for moment in moments {
            for (sum, share) in sums.iter_mut().zip(moment.chroma) {
                *sum += f64::from(share);
            }
        }
        Self(sums).scaled()
    }

    fn scaled(self) -> Self {
        let total: f64 = self.0.iter().sum();
        Self(if total > 1e-9 { self.0.map(|share| share / total) } else { [0.0; 12] })
    }

    /// The mean over the bars around one.
    fn around(bars: &[Chroma], bar: usize, reach: usize) -> Self {
        let near = &bars[bar.saturating_sub(reach)..(bar + reach + 1).min(bars.len())];
        Self(std::array::from_fn(|class| near.iter().map(|chroma| chroma.0[class]).sum())).scaled()
    }

    /// What stands out from an even floor of noise and overtones, which would pull everything together.
    fn salient(self) -> Self {
        let floor = quantile(&self.0, 0.33);
        Self(self.0.map(|share| (share - floor).max(0.0))).scaled()
    }

    /// The place in the tonal interval space: six weighted Fourier coefficients as real and imaginary parts.
    fn place(self) -> [f64; 12] {
        let part = |k: usize, quarter: f64| {
            let turn = |n: usize| (TAU * ((k + 1) * n) as f64 / 12.0 + quarter).cos();
            WEIGHTS[k] * self.0.iter().enumerate().map(|(n, share)| share * turn(n)).sum::<f64>()
        };
        std::array::from_fn(|i| part(i / 2, if i % 2 == 0 { 0.0 } else { TAU / 4.0 }))
    }
}

/// How far the harmony of a bar strains, 0..1: half its own dissonance, half its distance from the key around it.
pub(super) fn strain(bars: &[Chroma], bar: usize) -> f64 {
    let (here, key) = (bars[bar].salient().place(), Chroma::around(bars, bar, KEY_REACH).salient().place());
    let norm = |v: &[f64; 12]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    if norm(&here) < 1e-9 || norm(&key) < 1e-9 {
        return 0.0;
    }
    let purest = WEIGHTS.iter().map(|w| w * w).sum::<f64>().sqrt();
    let dissonance = 1.0 - norm(&here) / purest;
    let cosine = here.iter().zip(&key).map(|(a, b)| a * b).sum::<f64>() / (norm(&here) * norm(&key));
    0.5 * ramp(dissonance, 0.3, 0.8) + 0.5 * ramp(1.0 - cosine, 0.02, 0.8)
}

/// Major (+1) or minor (−1), by how much better the best key of one mode fits; towards 0 where no key fits.
pub(super) fn mode(bars: &[Chroma], bar: usize) -> f64 {
    let chroma = Chroma::around(bars, bar, MODE_REACH).0;
    let best = |profile: &[f64; 12]| (0..12).map(|tonic| correlation(&chroma, profile, tonic)).fold(-1.0, f64::max);
    let (major, minor) = (best(&MAJOR), best(&MINOR));
    ((major - minor) / PLAIN_MODE).clamp(-1.0, 1.0) * ramp(major.max(minor), 0.3, 0.7)
}

/// Pearson's correlation of pitch classes with a key profile on a tonic.
fn correlation(chroma: &[f64; 12], profile: &[f64; 12], tonic: usize) -> f64 {
    let (mean_a, mean_b) = (chroma.iter().sum::<f64>() / 12.0, profile.iter().sum::<f64>() / 12.0);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for class in 0..12 {
        let (a, b) = (chroma[(class + tonic) % 12] - mean_a, profile[class] - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    if aa > 1e-12 { ab / (aa * bb).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars of chords, each given by its pitch classes with equal shares.
    fn bars(chords: &[&[usize]]) -> Vec<Chroma> {
        let bar = |chord: &&[usize]| Chroma(std::array::from_fn(|class| if chord.contains(&class) { 1.0 } else { 0.02 })).scaled();
        chords.iter().map(bar).collect()
    }

    const C: &[usize] = &[0, 4, 7];
    const F: &[usize] = &[5, 9, 0];
    const G: &[usize] = &[7, 11, 2];
    const AM: &[usize] = &[9, 0, 4];
    const DM: &[usize] = &[2, 5, 9];
    const E: &[usize] = &[4, 8, 11];

    #[test]
    fn cadences_tell_major_from_minor() {
        let major = bars(&[C, F, G, C, C, F, G, C]);
        let minor = bars(&[AM, DM, E, AM, AM, DM, E, AM]);
        assert!(mode(&major, 4) > 0.5, "{}", mode(&major, 4));
        assert!(mode(&minor, 4) < -0.5, "{}", mode(&minor, 4));
        assert_eq!(mode(&bars(&[&[], &[]]), 0), 0.0);
    }

    #[test]
    fn a_cluster_and_a_far_chord_strain_more_than_the_tonic() {
        let song = bars(&[C, F, G, C, &[0, 1, 2, 3], C, F, &[6, 10, 1], C, G]);
        let [tonic, cluster, far] = [3, 4, 7].map(|bar| strain(&song, bar));
        assert!(cluster > tonic + 0.2 && far > tonic + 0.2, "{tonic} {cluster} {far}");
    }
}
