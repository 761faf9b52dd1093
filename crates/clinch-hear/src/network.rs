//! The beat network: how much each 20 ms frame sounds like a beat or a downbeat.
//!
//! BeatNet's convolutional recurrent network (Heydari, Cwitkowitz and Duan, ISMIR 2021): a small convolution over the features, a
//! linear layer, two LSTM layers and a softmax. Its authors give three sets of weights, each trained without another corpus; their
//! probabilities are averaged. The network only knows what has been, so the song's opening is played to it before it begins.
//!
//! Everything is plain arithmetic in a fixed order, without fused operations and without the platform's exponential, so the same
//! song gives the same numbers on every processor.

use crate::features::{Frame, WIDTH};

/// The packed weights; `cargo xtask assets` makes them, and `assets/hear/README.md` describes the file.
static WEIGHTS: &[u8] = include_bytes!("../../../assets/hear/beatnet.bin");
/// What the file begins with: name and version.
const MAGIC: &[u8; 8] = b"CLBEAT01";
/// Sets of weights in the file.
pub(crate) const SETS: usize = 3;

const KERNEL: usize = 10;
const CHANNELS: usize = 2;
/// Values that the convolution gives a channel, after pooling pairs.
const POOLED: usize = (WIDTH - KERNEL).div_ceil(2);
const FLAT: usize = CHANNELS * POOLED;
/// Cells of each LSTM layer.
const CELLS: usize = 150;
/// Gates of each layer: input, forget, candidate, output.
const GATES: usize = 4 * CELLS;
/// Beat, downbeat, neither.
const CLASSES: usize = 3;
/// Floats of one set in the file.
const SET_FLOATS: usize =
    CHANNELS * KERNEL + CHANNELS + CELLS * FLAT + CELLS + 2 * (2 * GATES * CELLS + 2 * GATES) + CLASSES * CELLS + CLASSES;

/// Frames that are worked through together.
const BLOCK: usize = 4;
/// Outputs that are summed together: three vector registers for each frame of a block.
const TILE: usize = 24;
/// Outputs of a single frame that are summed together.
const WIDE_TILE: usize = 104;

/// Frames of the opening that are played to the network before the song: 12 s, a phrase or two.
const OPENING: usize = 600;
/// Frames that are kept waiting, so that weights are read once for many.
const CHUNK: usize = 64;

/// Probabilities of one frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Activation {
    /// A beat that is no downbeat, 0..1.
    pub(crate) beat: f32,
    /// A downbeat, 0..1; the rest to 1 is neither.
    pub(crate) downbeat: f32,
}

/// A matrix for many outputs: `[tile][input][output in the tile]`, zeros beyond the last output.
struct Matrix<const W: usize> {
    tiles: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl<const W: usize> Matrix<W> {
    /// From rows `[output][input]`.
    fn packed(rows: &[f32], outputs: usize, inputs: usize) -> Self {
        let mut tiles = vec![0.0; outputs.div_ceil(W) * inputs * W];
        for output in 0..outputs {
            for input in 0..inputs {
                tiles[(output / W * inputs + input) * W + output % W] = rows[output * inputs + input];
            }
        }
        Self { tiles, inputs, outputs }
    }

    /// Adds this matrix times each of `N` inputs, shape `[input][N]`, to `N` outputs.
    #[inline(always)]
    fn add<const N: usize>(&self, inputs: &[[f32; N]], outputs: &mut [&mut [f32]; N]) {
        for (tile, weights) in self.tiles.chunks_exact(self.inputs * W).enumerate() {
            let mut sums = [[0.0_f32; W]; N];
            // Without a check of bounds inside, compilers keep all sums in vector registers
            for (row, x) in weights.as_chunks::<W>().0.iter().zip(inputs) {
                for n in 0..N {
                    for lane in 0..W {
                        sums[n][lane] += row[lane] * x[n];
                    }
                }
            }
            let (from, end) = (tile * W, ((tile + 1) * W).min(self.outputs));
            for (out, sum) in outputs.iter_mut().zip(&sums) {
                for (out, sum) in out[from..end].iter_mut().zip(sum) {
                    *out += sum;
                }
            }
        }
    }
}

/// The inputs of a block side by side.
#[inline(always)]
fn side_by_side<const I: usize>(rows: &[[f32; I]; BLOCK]) -> [[f32; BLOCK]; I] {
    std::array::from_fn(|input| std::array::from_fn(|i| rows[i][input]))
}

struct Layer {
    from_input: Matrix<TILE>,
    from_last: Matrix<WIDE_TILE>,
    /// `[gate]`: both of the original's biases.
    bias: Vec<f32>,
}

/// One set of weights.
struct Weights {
    kernel: [[f32; KERNEL]; CHANNELS],
    kernel_bias: [f32; CHANNELS],
    linear: Matrix<TILE>,
    linear_bias: Vec<f32>,
    layers: [Layer; 2],
    /// `[class][cell]`.
    classes: Vec<f32>,
    class_bias: [f32; CLASSES],
}

/// What a network remembers from frame to frame, a layer.
#[derive(Clone)]
struct Memory {
    hidden: [f32; CELLS],
    cell: [f32; CELLS],
}

impl Default for Memory {
    fn default() -> Self {
        Self { hidden: [0.0; CELLS], cell: [0.0; CELLS] }
    }
}

/// Reads floats off a file's bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn floats(&mut self, count: usize) -> Vec<f32> {
        let (here, rest) = self.0.split_at((4 * count).min(self.0.len()));
        self.0 = rest;
        here.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    }
}

impl Weights {
    fn read(reader: &mut Reader) -> Self {
        let kernels = reader.floats(CHANNELS * KERNEL);
        let kernel_bias = reader.floats(CHANNELS);
        let linear = Matrix::packed(&reader.floats(CELLS * FLAT), CELLS, FLAT);
        let linear_bias = reader.floats(CELLS);
        let layers = [(); 2].map(|()| {
            let from_input = Matrix::packed(&reader.floats(GATES * CELLS), GATES, CELLS);
            let from_last = Matrix::packed(&reader.floats(GATES * CELLS), GATES, CELLS);
            let biases = reader.floats(2 * GATES);
            Layer { from_input, from_last, bias: (0..GATES).map(|gate| biases[gate] + biases[GATES + gate]).collect() }
        });
        let classes = reader.floats(CLASSES * CELLS);
        let class_bias = reader.floats(CLASSES);
        Self {
            kernel: std::array::from_fn(|c| std::array::from_fn(|k| kernels[c * KERNEL + k])),
            kernel_bias: std::array::from_fn(|c| kernel_bias[c]),
            linear,
            linear_bias,
            layers,
            classes,
            class_bias: std::array::from_fn(|class| class_bias[class]),
        }
    }

    /// Runs frames through, remembering; adds each frame's probabilities times `share` to `out`. A chunk goes through one matrix before the
    /// next is touched: a layer's weights stay in the second-level cache, a whole set's don't fit.
    #[inline(always)]
    fn run(&self, frames: &[Frame], memory: &mut [Memory; 2], share: f32, out: &mut [Activation]) {
        let (mut x, mut gates) = (vec![[0.0; CELLS]; CHUNK], vec![[0.0; GATES]; CHUNK]);
        for (frames, out) in frames.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            let blocks = BLOCK * frames.len().div_ceil(BLOCK);
            for (block, x) in x[..blocks].as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                // Frames beyond the end are empty
                let frame = |i: usize| frames.get(block * BLOCK + i);
                let flat: [[f32; FLAT]; BLOCK] = std::array::from_fn(|i| frame(i).map_or([0.0; FLAT], |frame| self.convolved(frame)));
                x.iter_mut().for_each(|x| x.copy_from_slice(&self.linear_bias));
                self.linear.add(&side_by_side(&flat), &mut x.each_mut().map(|x| &mut x[..]));
            }
            for (layer, memory) in self.layers.iter().zip(memory.iter_mut()) {
                for (gates, x) in gates[..blocks].as_chunks_mut::<BLOCK>().0.iter_mut().zip(x.as_chunks::<BLOCK>().0) {
                    gates.iter_mut().for_each(|gates| gates.copy_from_slice(&layer.bias));
                    layer.from_input.add(&side_by_side(x), &mut gates.each_mut().map(|g| &mut g[..]));
                }
                for (gates, x) in gates.iter_mut().zip(&mut x).take(frames.len()) {
                    layer.from_last.add(memory.hidden.as_chunks::<1>().0, &mut [&mut gates[..]]);
                    memory.step(gates);
                    *x = memory.hidden;
                }
            }
            for (out, x) in out.iter_mut().zip(&x) {
                let [beat, downbeat, _] = self.classified(x);
                out.beat += share * beat;
                out.downbeat += share * downbeat;
            }
        }
    }

    /// The convolution, rectified, the greater of each pair kept; a channel after the other.
    #[inline(always)]
    fn convolved(&self, frame: &Frame) -> [f32; FLAT] {
        let mut flat = [0.0; FLAT];
        for (channel, flat) in flat.chunks_exact_mut(POOLED).enumerate() {
            let mut sums = [self.kernel_bias[channel]; 2 * POOLED];
            for (k, weight) in self.kernel[channel].iter().enumerate() {
                for (sum, x) in sums.iter_mut().zip(&frame[k..]) {
                    *sum += weight * x;
                }
            }
            for (out, pair) in flat.iter_mut().zip(sums.as_chunks::<2>().0) {
                *out = pair[0].max(pair[1]).max(0.0);
            }
        }
        flat
    }

    #[inline(always)]
    fn classified(&self, x: &[f32; CELLS]) -> [f32; CLASSES] {
        let logits: [f32; CLASSES] = std::array::from_fn(|class| {
            let row = &self.classes[class * CELLS..][..CELLS];
            self.class_bias[class] + row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()
        });
        let most = logits.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
        let powers = logits.map(|logit| exp(logit - most));
        let sum: f32 = powers.iter().sum();
        powers.map(|power| power / sum)
    }
}

impl Memory {
    #[inline(always)]
    fn step(&mut self, gates: &[f32; GATES]) {
        for cell in 0..CELLS {
            let [input, forget, candidate, output] = [0, 1, 2, 3].map(|gate| gates[gate * CELLS + cell]);
            let kept = sigmoid(forget) * self.cell[cell] + sigmoid(input) * tanh(candidate);
            self.cell[cell] = kept;
            self.hidden[cell] = sigmoid(output) * tanh(kept);
        }
    }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

/// The exponential to within about 2e-7 of itself, in a form that compilers turn into vectors: 2ⁿ from the exponent's bits, the rest from its
/// series on ±ln 2 / 2.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding this much leaves the nearest whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-80.0, 80.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two pieces, so that their product with n is exact.
    let r = (x - n * (355.0 / 512.0)) + n * 2.121_944_4e-4;
    let p = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    let power = f32::from_bits(((shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32).wrapping_add(127) << 23) as u32);
    p * power
}

/// Runs the network over frames as they come.
pub(crate) struct Network {
    sets: Vec<Weights>,
    memory: Vec<[Memory; 2]>,
    /// Frames that wait for a chunk or, before the song is begun, for the opening.
    waiting: Vec<Frame>,
    begun: bool,
    activations: Vec<Activation>,
}

impl Network {
    /// All sets of weights, their probabilities averaged.
    pub(crate) fn new() -> Self {
        Self::of(&[0, 1, 2])
    }

    /// Some of the sets, by number from 0.
    pub(crate) fn of(chosen: &[usize]) -> Self {
        let bytes = WEIGHTS.strip_prefix(MAGIC).unwrap_or(&[]);
        let sets: Vec<Weights> = chosen.iter().map(|set| Weights::read(&mut Reader(&bytes[4 * SET_FLOATS * set..]))).collect();
        Self { memory: vec![Default::default(); sets.len()], sets, waiting: Vec::new(), begun: false, activations: Vec::new() }
    }

    /// Takes frames.
    pub(crate) fn push(&mut self, frames: &[Frame]) {
        self.waiting.extend_from_slice(frames);
        if !self.begun && self.waiting.len() >= OPENING {
            self.begin();
        }
        if self.begun && self.waiting.len() >= CHUNK {
            self.work();
        }
    }

    /// The probabilities of all frames.
    pub(crate) fn finish(mut self) -> Vec<Activation> {
        if !self.begun {
            self.begin();
        }
        self.work();
        self.activations
    }

    /// Plays the opening, so that the network knows the song when it begins.
    fn begin(&mut self) {
        self.begun = true;
        let mut nothing = vec![Activation::default(); self.waiting.len()];
        self.run(&mut nothing);
    }

    fn work(&mut self) {
        let mut made = vec![Activation::default(); self.waiting.len()];
        self.run(&mut made);
        self.activations.append(&mut made);
        self.waiting.clear();
    }

    fn run(&mut self, out: &mut [Activation]) {
        let share = 1.0 / self.sets.len() as f32;
        for (weights, memory) in self.sets.iter().zip(&mut self.memory) {
            run(weights, &self.waiting, memory, share, out);
        }
    }
}

fn run(weights: &Weights, frames: &[Frame], memory: &mut [Memory; 2], share: f32, out: &mut [Activation]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { run_avx2(weights, frames, memory, share, out) };
    }
    weights.run(frames, memory, share, out);
}

/// The same arithmetic in wider registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2(weights: &Weights, frames: &[Frame], memory: &mut [Memory; 2], share: f32, out: &mut [Activation]) {
    weights.run(frames, memory, share, out);
}

/// Probabilities of a sound at the features' rate without an opening played before, as the original gives them; for comparison with it.
pub(crate) fn as_the_original(set: usize, samples: &[f32]) -> Vec<Activation> {
    let (mut features, mut frames) = (crate::features::Features::new(), Vec::new());
    features.push(samples, &mut frames);
    features.finish(&mut frames);
    let mut network = Network { begun: true, ..Network::of(&[set]) };
    network.push(&frames);
    network.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone with a click every half second.
    fn sound() -> Vec<f32> {
        let mut sound: Vec<f64> = (0..3 * 22_050).map(|i| 0.2 * (std::f64::consts::TAU * 220.0 * f64::from(i) / 22_050.0).sin()).collect();
        for click in (0..sound.len()).step_by(11_025) {
            for (k, x) in sound[click..].iter_mut().take(2000).enumerate() {
                *x += 0.5 * (-(k as f64) / 200.0).exp() * (0.4 * k as f64).sin();
            }
        }
        sound.into_iter().map(|x| x as f32).collect()
    }

    #[test]
    fn the_original_gives_the_same_numbers() {
        // (frame, beat, downbeat) of BeatNet 1.1.3 on PyTorch with madmom's features, for each set of weights.
        let original = [
            [
                (0, 0.097619, 0.074355),
                (24, 0.254718, 0.663631),
                (50, 0.433099, 0.305429),
                (101, 0.075484, 0.061899),
                (140, 0.027236, 0.023292),
            ],
            [
                (0, 0.079349, 0.058505),
                (24, 0.085706, 0.800416),
                (50, 0.152612, 0.565892),
                (101, 0.076368, 0.274695),
                (140, 0.125967, 0.451843),
            ],
            [
                (0, 0.086536, 0.081081),
                (24, 0.451357, 0.117656),
                (50, 0.488988, 0.148728),
                (101, 0.206364, 0.043079),
                (140, 0.001008, 0.000019),
            ],
        ];
        for (set, frames) in original.iter().enumerate() {
            let found = as_the_original(set, &sound());
            assert_eq!(found.len(), 150);
            for &(frame, beat, downbeat) in frames {
                let apart = (found[frame].beat - beat).abs().max((found[frame].downbeat - downbeat).abs());
                assert!(apart < 1e-4, "set {set}, frame {frame}: {:?}", found[frame]);
            }
        }
    }

    #[test]
    fn the_weights_are_all_there() {
        assert!(WEIGHTS.starts_with(MAGIC));
        assert_eq!(WEIGHTS.len(), MAGIC.len() + 4 * SETS * SET_FLOATS);
    }

    #[test]
    fn wide_registers_give_the_same_numbers() {
        let (mut features, mut frames) = (crate::features::Features::new(), Vec::new());
        features.push(&sound(), &mut frames);
        let weights = Weights::read(&mut Reader(&WEIGHTS[MAGIC.len()..]));
        let (mut plain, mut wide) = (vec![Activation::default(); frames.len()], vec![Activation::default(); frames.len()]);
        weights.run(&frames, &mut Default::default(), 1.0, &mut plain);
        run(&weights, &frames, &mut Default::default(), 1.0, &mut wide);
        assert_eq!(plain, wide);
    }

    #[test]
    fn the_exponential_is_one() {
        for i in -8000..8000 {
            let x = i as f32 * 0.01;
            assert!((exp(x) / x.exp() - 1.0).abs() < 5e-7, "{x}: {} {}", exp(x), x.exp());
        }
    }
}
