"""Renders the truth set, lets every tracker hear it, and prints one table. Run by `cargo xtask bench-hear`.

usage: python bench.py FOLDER HEAR-EXAMPLE {report | development} [TRACKER ...]

FOLDER keeps sounds and results; what is there isn't made again, but for ours. Trackers: ours (clinch by default), classical (clinch by its classical tracker), librosa, essentia, beatnet, madmom. A tracker that
can't be imported is named as such, not left out. BEATNET names the folder where BeatNet's wheel was unpacked.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np

import pieces

VARIED = 3  # every third piece also with noise and as an MP3


def ours(program, *flags):
    def track(wav):
        score = json.loads(subprocess.run([program, *flags, wav], check=True, capture_output=True, text=True).stdout)
        bars = [bar["start"] for bar in score["bars"]]
        starts = [bars[section["first_bar"]] for section in score["sections"]][1:]
        return score["beats"], bars[1:], starts

    return track


def librosa_tracker():
    import librosa

    def track(wav):
        sound, rate = librosa.load(wav, sr=22050)
        _, frames = librosa.beat.beat_track(y=sound, sr=rate)
        return librosa.frames_to_time(frames, sr=rate).tolist(), None, None

    return track


def essentia_tracker():
    import essentia
    import essentia.standard as es

    essentia.log.infoActive = False

    def track(wav):
        sound = es.MonoLoader(filename=wav, sampleRate=44100)()
        return es.BeatTrackerMultiFeature()(sound)[0].tolist(), None, None

    return track


def beatnet_tracker():
    """The original in its offline mode: its features, its network (weights 1, its example's), its decoder."""
    import librosa
    from madmom.features import DBNDownBeatTrackingProcessor

    import agreement

    run = agreement.original(os.environ["BEATNET"])

    def track(wav):
        sound, _ = librosa.load(wav, sr=22050)
        found = DBNDownBeatTrackingProcessor(beats_per_bar=[2, 3, 4], fps=50)(run(sound, 1))
        return found[:, 0].tolist(), found[found[:, 1] == 1, 0].tolist(), None

    return track


def madmom_tracker():
    from madmom.features import DBNDownBeatTrackingProcessor, RNNDownBeatProcessor

    network, decoder = RNNDownBeatProcessor(), DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)

    def track(wav):
        found = decoder(network(wav))
        return found[:, 0].tolist(), found[found[:, 1] == 1, 0].tolist(), None

    return track


TRACKERS = {"librosa": librosa_tracker, "essentia": essentia_tracker, "beatnet": beatnet_tracker, "madmom": madmom_tracker}


def sounds(folder, half):
    """(piece, variant, wav) of a half."""
    made = []
    for index, piece in enumerate(pieces.all_pieces(half)):
        wav = pieces.render(piece, folder)
        made.append((piece, "clean", wav))
        if index % VARIED == 0:
            made.append((piece, "noise", pieces.noisy(wav, index)))
            made.append((piece, "mp3", pieces.squeezed(wav)))
    return made


def tempo(beats):
    return 60 / float(np.median(np.diff(beats))) if len(beats) > 2 else 0.0


def measured(piece, found):
    import mir_eval

    beats, downbeats, starts = found
    trim = mir_eval.beat.trim_beats
    truth, guess = trim(piece.beats), trim(np.array(sorted(beats)))
    row = {"F": mir_eval.beat.f_measure(truth, guess)}
    _, row["CMLt"], _, row["AMLt"] = mir_eval.beat.continuity(truth, guess)
    if downbeats is not None:
        row["down F"] = mir_eval.beat.f_measure(trim(piece.downbeats), trim(np.array(sorted(downbeats))))
    true_bpm, bpm = tempo(piece.beats), tempo(np.array(beats))
    near = lambda factor: abs(bpm / (true_bpm * factor) - 1) <= 0.04
    row["Acc1"] = float(near(1))
    row["Acc2"] = float(any(near(factor) for factor in (1, 2, 3, 1 / 2, 1 / 3)))
    # How much too late the beats that match are, on average
    apart = [guess[np.argmin(abs(guess - at))] - at for at in truth] if len(guess) else []
    apart = [x for x in apart if abs(x) <= 0.07]
    row["late ms"] = 1000 * float(np.mean(apart)) if apart else float("nan")
    if starts is not None and len(piece.boundaries):
        end = float(piece.beats[-1])
        edges = lambda inner: np.array([[a, b] for a, b in zip([0.0, *inner], [*inner, end]) if b > a])
        inner = [at for at in starts if 0 < at < end - 0.1]
        for window in (0.5, 3.0):
            row[f"bound {window:g}"] = mir_eval.segment.detection(edges(piece.boundaries), edges(inner), window=window, trim=True)[2]
    return row


def heard(folder, name, track, wav):
    path = os.path.join(folder, "results", name, os.path.basename(wav)[:-4] + ".json")
    if os.path.exists(path):
        return json.load(open(path))
    began = time.time()
    found = track(wav)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    json.dump(found, open(path + ".part", "w"))
    os.rename(path + ".part", path)
    return found


def main():
    folder, program, half, *names = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    own = {"ours": ours(program), "classical": ours(program, "--classical")}
    subprocess.run(["rm", "-rf", *(os.path.join(folder, "results", name) for name in own)], check=True)
    made = sounds(folder, half)
    lengths = [piece.beats[-1] for piece, variant, _ in made if variant == "clean"]
    print(f"{half} half: {len(lengths)} pieces, {sum(lengths) / 60:.0f} minutes; {sum(v == 'noise' for _, v, _ in made)} of them also with noise, and as MP3")
    rows, single = {}, {}
    for name in names or [*own, *TRACKERS]:
        try:
            track = own.get(name)
            for piece, variant, wav in made:
                if variant != "clean" and name not in own:
                    continue  # What noise and compression cost is asked of clinch alone
                path = os.path.join(folder, "results", name, os.path.basename(wav)[:-4] + ".json")
                if track is None and not os.path.exists(path):
                    track = TRACKERS[name]()
                row = measured(piece, heard(folder, name, track, wav))
                rows.setdefault((name, variant), []).append((piece, row))
                if variant == "clean":
                    single.setdefault(piece.name, {})[name] = row
        except ImportError as error:
            print(f"{name} can't be imported: {error}")
    columns = ["F", "CMLt", "AMLt", "down F", "Acc1", "Acc2", "bound 0.5", "bound 3", "late ms"]
    print("\n| tracker | sound | " + " | ".join(columns) + " |\n|---|---|" + "---:|" * len(columns))
    varied = {piece.name for (_, variant), all_rows in rows.items() if variant == "noise" for piece, _ in all_rows}
    for name in dict.fromkeys(key[0] for key in rows):
        clean = rows[(name, "clean")]
        groups = [("all", [r for _, r in clean])]
        groups += [("the noisy ones, clean", [r for p, r in clean if p.name in varied])] * (name in own)
        groups += [(label, [r for _, r in rows.get((name, variant), [])]) for label, variant in (("with noise, 10 dB", "noise"), ("MP3, 96 kbit/s", "mp3"))]
        for label, group in groups:
            if not group:
                continue
            cells = []
            for column in columns:
                values = [row[column] for row in group if column in row]
                cells.append((f"{np.nanmean(values):.0f}" if column == "late ms" else f"{np.mean(values):.3f}") if values else "")
            print(f"| {name} | {label} | " + " | ".join(cells) + " |")
    print("\nbeat F / downbeat F, piece by piece")
    for piece_name, by in single.items():
        print(f"{piece_name:44} " + "  ".join(f"{name} {row['F']:.2f}" + (f"/{row['down F']:.2f}" if "down F" in row else "") for name, row in by.items()))


if __name__ == "__main__":
    main()
