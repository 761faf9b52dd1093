"""Compares the beat network with the original implementation, number by number.

usage: python agreement.py ACTIVATIONS-EXAMPLE BEATNET-FOLDER [SOUND ...]

ACTIVATIONS-EXAMPLE is `target/release/examples/activations`; BEATNET-FOLDER is where the wheel of BeatNet 1.1.3 was unpacked. The features are
madmom's, the network is BeatNet's own `model.py` on PyTorch: only `BeatNet.py`, which wants a microphone and a window, isn't imported. Sounds are
read by librosa at 22050 Hz; a made one (tones, clicks, noise, silence) comes first. Fails beyond 1e-4.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile

import numpy as np

LIMIT = 1e-4


def made(rate=22050, secs=20):
    """A sound with tones that come and go, clicks that speed up, noise and silence."""
    at = np.arange(rate * secs) / rate
    sound = 0.2 * np.sin(2 * np.pi * 220 * at) * (at % 4 < 2) + 0.1 * np.sin(2 * np.pi * (300 + 40 * at) * at)
    sound += np.random.default_rng(1).normal(0, 0.02, len(at)) * (at > 8)
    for click in np.cumsum(0.6 - 0.015 * np.arange(30)):
        first = int(click * rate)
        length = len(sound[first : first + 2000])
        sound[first : first + 2000] += 0.5 * np.exp(-np.arange(length) / 200) * np.sin(np.arange(length) * 0.4)
    sound[15 * rate : 16 * rate] = 0
    return sound.astype(np.float32)


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def original(folder):
    """The original's features and its three networks."""
    import torch

    package = type(sys)("BeatNet")
    package.__path__ = [os.path.join(folder, "BeatNet")]
    sys.modules["BeatNet"] = package
    module("BeatNet.common", os.path.join(folder, "BeatNet/common.py"))
    spect = module("BeatNet.log_spect", os.path.join(folder, "BeatNet/log_spect.py"))
    model = module("BeatNet.model", os.path.join(folder, "BeatNet/model.py"))
    features = spect.LOG_SPECT(sample_rate=22050, win_length=1411, hop_size=441, n_bands=[24], mode="offline")

    def run(sound, number):
        network = model.BDA(272, 150, 2, "cpu")
        network.load_state_dict(torch.load(os.path.join(folder, f"BeatNet/models/model_{number}_weights.pt")), strict=False)
        network.eval()
        with torch.no_grad():
            frames = torch.from_numpy(features.process_audio(sound).T).unsqueeze(0)
            return network.final_pred(network(frames)[0]).numpy()[:2].T

    return run


def ours(program, sound, number):
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        sound.astype("<f4").tofile(file.name)
        out = subprocess.run([program, str(number - 1), file.name], check=True, capture_output=True, text=True).stdout
    return np.array([[float(x) for x in line.split()] for line in out.splitlines()])


def main():
    program, folder, *paths = sys.argv[1:]
    run = original(folder)
    sounds = [("made", made())]
    if paths:
        import librosa

        sounds += [(os.path.basename(path), librosa.load(path, sr=22050)[0]) for path in paths]
    worst = 0.0
    for name, sound in sounds:
        for number in (1, 2, 3):
            theirs, mine = run(sound, number), ours(program, sound, number)
            assert theirs.shape == mine.shape, (theirs.shape, mine.shape)
            apart = float(np.abs(theirs - mine).max())
            worst = max(worst, apart)
            print(f"{name:32} weights {number}: {len(mine):6} frames, largest difference {apart:.1e}, peak {mine.max():.3f}")
    print(f"largest difference of all {worst:.1e}, allowed {LIMIT:.0e}")
    sys.exit(worst > LIMIT)


if __name__ == "__main__":
    main()
