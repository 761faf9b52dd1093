"""Pieces whose beats, bars and sections are known exactly, because their scores are written here or come from scores.

Every piece is a list of notes in beats; a tempo law turns beats into seconds, fluidsynth plays it with a General MIDI sound font. Nothing here
knows of any tracker. The development half (tuning) and the report half share no piece, seed or tempo.
"""

import dataclasses
import glob
import os
import subprocess

import numpy as np

SOUND_FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
DRUMS = 9


@dataclasses.dataclass
class Note:
    at: float  # in beats
    length: float  # in beats
    pitch: int
    velocity: int
    channel: int
    late_secs: float = 0.0


@dataclasses.dataclass
class Piece:
    name: str
    kind: str
    half: str  # "development" or "report"
    notes: list
    programs: dict  # channel: General MIDI program from 0
    beats: np.ndarray  # times in seconds
    downbeats: np.ndarray
    boundaries: np.ndarray  # starts of sections; empty where unknown
    to_secs: object  # beats -> seconds
    bends: list = dataclasses.field(default_factory=list)  # (beat, channel, semitones)


# What plays in 16 (12 in three-four and six-eight) steps a bar: kick, snare, hat and more, as (pitch, steps).
GROOVES = {
    "rock": [(36, [0, 8, 10]), (38, [4, 12]), (42, [0, 2, 4, 6, 8, 10, 12, 14])],
    "house": [(36, [0, 4, 8, 12]), (39, [4, 12]), (46, [2, 6, 10, 14]), (70, list(range(16)))],
    "funk": [(36, [0, 3, 6, 10, 13]), (38, [4, 12]), (40, [7, 9, 15]), (42, list(range(16)))],
    "half-time": [(36, [0, 6, 10]), (38, [8]), (42, [0, 2, 4, 6, 8, 10, 12, 14])],
    "jungle": [(36, [0, 10]), (38, [4, 7, 9, 12, 15]), (42, [0, 2, 4, 6, 8, 10, 12, 14])],
    "reggae": [(36, [8]), (37, [8]), (42, [0, 2, 4, 6, 8, 10, 12, 14]), (46, [14])],
    "bossa": [(36, [0, 6, 8, 14]), (37, [0, 3, 6, 10, 13]), (70, list(range(16)))],
    "metal": [(36, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 14, 15]), (38, [4, 12]), (49, [0, 8]), (51, [0, 4, 8, 12])],
    "ballad": [(36, [0, 8]), (37, [4, 12]), (42, [0, 4, 8, 12])],
    "tresillo": [(36, [0, 3, 8, 11]), (38, [6, 14]), (63, [2, 5, 7, 10, 13, 15]), (75, [0, 3, 6, 10, 12])],
    "swing": [(51, [0, 4, 4 + 8 / 3, 8, 12, 12 + 8 / 3]), (44, [4, 12]), (36, [0])],
    "shuffle": [(36, [0, 8, 8 + 8 / 3]), (38, [4, 12]), (42, [0, 8 / 3, 4, 4 + 8 / 3, 8, 8 + 8 / 3, 12, 12 + 8 / 3])],
    "waltz": [(36, [0]), (38, [4, 8]), (42, [0, 4, 8])],
    "waltz-rock": [(36, [0, 6]), (38, [8]), (42, [0, 2, 4, 6, 8, 10])],
    "six": [(36, [0, 5]), (38, [6]), (42, [0, 2, 4, 6, 8, 10])],
    "six-march": [(36, [0, 6]), (38, [4, 10]), (54, [0, 2, 4, 6, 8, 10])],
}
CHORDS_MAJOR = [[0, 4, 5, 3], [0, 5, 3, 4], [5, 3, 0, 4], [0, 3, 4, 3], [1, 4, 0, 0], [3, 4, 2, 5]]
SCALE = {"major": [0, 2, 4, 5, 7, 9, 11], "minor": [0, 2, 3, 5, 7, 8, 10]}
# Sung-like leads glide and begin late: voices, violin, saxophone, flute, shakuhachi.
LEADS = [52, 53, 54, 40, 65, 73, 77, 56, 80, 81, 29, 22]
SUNG = {52, 53, 54, 40, 65, 73, 77}

# kind, groove (none: no drums), beats a bar, bass, chords, lead or not, tempo law
PLANS = [
    ("rock", "rock", 4, "eighths", "power", True, "drift"),
    ("house", "house", 4, "off", "pad", True, "steady"),
    ("funk", "funk", 4, "syncopated", "stabs", True, "drift"),
    ("half-time", "half-time", 4, "long", "arpeggio", True, "steady"),
    ("jungle", "jungle", 4, "long", "pad", False, "steady"),
    ("reggae", "reggae", 4, "syncopated", "skank", True, "drift"),
    ("bossa", "bossa", 4, "bossa", "stabs", True, "drift"),
    ("metal", "metal", 4, "eighths", "power", False, "drift"),
    ("ballad", "ballad", 4, "long", "arpeggio", True, "rubato"),
    ("latin", "tresillo", 4, "syncopated", "stabs", True, "drift"),
    ("swing", "swing", 4, "walking", "stabs", True, "drift"),
    ("shuffle", "shuffle", 4, "walking", "skank", True, "drift"),
    ("rock ramp", "rock", 4, "eighths", "strum", True, "ramp"),
    ("change", "house", 4, "eighths", "arpeggio", True, "step"),
    ("waltz", "waltz", 3, "long", "oom", True, "drift"),
    ("waltz rock", "waltz-rock", 3, "eighths", "strum", True, "drift"),
    ("waltz, no drums", None, 3, "long", "oom", True, "rubato"),
    ("six-eight", "six", 2, "long", "arpeggio", True, "drift"),
    ("six-eight march", "six-march", 2, "eighths", "strum", True, "ramp"),
    ("piano, free", None, 4, "long", "arpeggio", True, "rubato"),
    ("strings", None, 4, "long", "pad", True, "rubato"),
    ("guitar", None, 4, "none", "arpeggio", True, "drift"),
]
TEMPI = {
    "development": [128, 122, 104, 146, 176, 74, 132, 164, 66, 98, 186, 112, 90, 118, 150, 172, 100, 62, 108, 70, 84, 120],
    "report": [116, 127, 94, 136, 170, 80, 140, 190, 62, 106, 168, 126, 100, 110, 180, 138, 88, 74, 92, 64, 76, 108],
}
# More of the development half: of the kinds that trackers fail on, at other tempi and seeds than the report's
MORE = [
    ("half-time", 130), ("half-time", 152), ("funk", 110), ("funk", 86), ("jungle", 158), ("jungle", 182), ("bossa", 118), ("bossa", 148),
    ("ballad", 58), ("ballad", 72), ("ballad", 82), ("latin", 93), ("latin", 114), ("swing", 154), ("waltz rock", 121), ("waltz, no drums", 96),
    ("six-eight", 55), ("six-eight", 71), ("six-eight march", 83), ("six-eight march", 115), ("piano, free", 78), ("strings", 60), ("strings", 68),
    ("strings", 91), ("reggae", 67),
]
# And once more every kind, so that half of the development half is spread as the report half is
WIDER = [121, 131, 99, 141, 164, 76, 126, 178, 69, 103, 177, 119, 94, 125, 162, 147, 92, 67, 101, 74, 79, 113]
RANGES = {"steady": 0.0, "drift": 0.015}


def law(kind, bpm, count, starts, rng):
    """Seconds at each beat, one more than `count`."""
    x = np.arange(count)
    if kind == "ramp":
        tempo = bpm * np.linspace(1.0, rng.uniform(1.3, 1.45), count)
    elif kind == "step":
        tempo = np.where(x < starts[len(starts) // 2], bpm, bpm * rng.uniform(1.12, 1.25))
    elif kind == "rubato":
        period = rng.uniform(12, 18)
        tempo = bpm * (1 + 0.09 * np.sin(2 * np.pi * x / period + rng.uniform(0, 6)) + rng.normal(0, 0.025, count))
        for start in starts[1:]:
            tempo[max(0, start - 3) : start] *= [0.93, 0.86, 0.78][-min(3, start) :]
    else:
        walk = np.cumsum(rng.normal(0, 1, count))
        walk = walk - np.linspace(walk[0], walk[-1], count)
        tempo = bpm * (1 + RANGES[kind] * walk / max(1, np.abs(walk).max()))
    return 0.35 + rng.uniform(0, 0.6) + np.concatenate([[0], np.cumsum(60 / tempo)])


def composed(plan, bpm, half, seed):
    kind, groove, metre, bass, chords, lead, tempo_law = plan
    rng = np.random.default_rng(seed)
    compound = groove in ("six", "six-march")
    steps = 12 if metre == 3 or compound else 16
    bar = metre
    unit = bar / steps  # beats a step
    # Form: letters with lengths, about 55 s
    bars = max(16, int(round(56 * bpm / 60 / bar / 4)) * 4)
    form, total = [], 0
    letters = rng.permutation(["ABAB", "ABAC", "ABCB", "AABA"])[0] * 4
    size = 8 if bars >= 24 else 4
    for letter in letters:
        length = int(rng.choice([size, size, size // 2 if size == 8 else size]))
        if total + length > bars:
            break
        form.append((letter, total, length))
        total += length
    minor = rng.random() < 0.5
    scale, root = SCALE["minor" if minor else "major"], int(rng.integers(-5, 7))
    jitter = rng.uniform(0.004, 0.014)
    programs = {0: int(rng.choice([32, 33, 34, 38, 39, 43])), 1: 0, 2: int(rng.choice(LEADS)), 3: 48}
    programs[1] = {"power": 30, "pad": int(rng.choice([48, 50, 89, 52])), "skank": int(rng.choice([27, 16])), "strum": int(rng.choice([25, 27, 24])), "oom": int(rng.choice([21, 0, 24]))}.get(
        chords, int(rng.choice([0, 4, 11, 24, 25, 46])))
    if kind == "piano, free":
        programs.update({0: 0, 1: 0, 2: 0})
    if kind == "strings":
        programs.update({0: 42, 1: 48, 2: 40})
    if kind == "guitar":
        programs.update({1: 24, 2: 24})
    pickup = int(rng.choice([0, 0, 1, 2])) if metre == 4 else 0
    notes, bends = [], []
    kinds = {}
    for letter in "ABC":
        kinds[letter] = {
            "progression": CHORDS_MAJOR[int(rng.integers(len(CHORDS_MAJOR)))],
            "lead": lead and (letter != "A" or rng.random() < 0.5),
            "drums": not (letter == "C" or (letter == "B" and rng.random() < 0.25)),
            "bass": letter != "C" or rng.random() < 0.5,
            "dense": letter == "B",
            "octave": int(rng.choice([0, 12])) if letter == "B" else 0,
            "rhythm": rng.permutation(steps)[: int(rng.integers(3, 7))],
            "pad": letter == "B",
            "hats": rng.random() < 0.7,
        }

    def pitch(degree, octave):
        return 12 * octave + root + scale[degree % 7] + 12 * (degree // 7)

    def add(at, length, note, velocity, channel, late=0.0):
        velocity = int(np.clip(velocity + rng.normal(0, 7), 20, 127))
        notes.append(Note(pickup + at, length, int(note), velocity, channel, float(rng.normal(0, jitter)) + late))

    for letter, first, length in form:
        part = kinds[letter]
        degree = 2
        for number in range(length):
            base = (first + number) * bar
            chord = part["progression"][number % 4]
            # Drums, with a fill at the section's end
            if groove and part["drums"]:
                for sound, places in GROOVES[groove]:
                    if sound in (42, 70) and not part["hats"] and groove not in ("swing",):
                        continue
                    for step in places:
                        if rng.random() < 0.96:
                            add(base + step * unit, 0.1, sound, 100 if sound in (36, 38) else 72, DRUMS)
                if number == length - 1 and rng.random() < 0.8:
                    for step in range(steps - 4, steps):
                        add(base + step * unit, 0.1, rng.choice([38, 45, 47, 50]), 90, DRUMS)
                if number == 0 and rng.random() < 0.6:
                    add(base, 1, 49, 95, DRUMS)
            # Bass
            if part["bass"] and bass != "none":
                places = {
                    "eighths": range(0, steps, 2), "off": [2, 6, 10, 14], "syncopated": [0, 3, 6, 10, 14], "long": [0],
                    "bossa": [0, 6, 8, 14], "walking": [0, 4, 8, 12],
                }[bass]
                places = [step for step in places if step < steps]
                for order, step in enumerate(places):
                    tone = chord + ([0, 2, 4, 5][order % 4] if bass == "walking" else [0, 0, 4, 0][order % 4] if bass in ("bossa", "syncopated") else 0)
                    add(base + step * unit, (bar if bass == "long" else 2 * unit) * 0.9, pitch(tone, 3), 92, 0)
            # Chords
            triad = [chord, chord + 2, chord + 4]
            if chords == "pad":
                for tone in triad:
                    add(base, bar * 0.98, pitch(tone, 5), 70, 1)
            elif chords == "power":
                for step in ([0, 2, 3, 4, 6, 8, 10, 11, 12, 14] if part["dense"] else [0, 6, 8, 14]):
                    if step < steps:
                        for tone in (chord, chord + 4, chord + 7):
                            add(base + step * unit, 1.6 * unit, pitch(tone, 4), 86, 1)
            elif chords in ("stabs", "skank", "strum", "oom"):
                places = {"stabs": [0, 3, 6, 11] if part["dense"] else [2, 7, 10], "skank": [2, 6, 10, 14], "strum": [0, 2, 4, 6, 7, 8, 10, 12, 14, 15], "oom": [4, 8]}[chords]
                for step in places:
                    if step < steps:
                        for order, tone in enumerate(triad):
                            add(base + step * unit, 1.5 * unit, pitch(tone, 5), 76, 1, 0.004 * order)
            elif chords == "arpeggio":
                every = 1 if part["dense"] and bpm < 100 else 2
                order = [0, 2, 4, 7, 4, 2, 4, 2]
                for index, step in enumerate(range(0, steps, every)):
                    add(base + step * unit, 2 * unit, pitch(chord + order[index % 8], 5), 80 if step == 0 else 68, 1)
            if part["pad"] and chords != "pad":
                for tone in triad:
                    add(base, bar, pitch(tone, 5), 52, 3)
            # Lead
            if part["lead"]:
                places = sorted(part["rhythm"] if number % 2 == 0 else part["rhythm"][:-1])
                for order, step in enumerate(places):
                    degree = int(np.clip(degree + rng.integers(-2, 3), -2, 9))
                    end = places[order + 1] if order + 1 < len(places) else steps
                    sung = programs[2] in SUNG
                    add(base + step * unit, (end - step) * unit * 0.95, pitch(degree, 5) + part["octave"], 96, 2, rng.uniform(0, 0.035) if sung else 0)
                    if sung and rng.random() < 0.5:
                        bends.append((pickup + base + step * unit, 2, -1.0))
    count = pickup + total * bar
    starts = [pickup + first * bar for _, first, _ in form]
    at = law(tempo_law, bpm, count + 4, starts, rng)
    for order in range(pickup):
        notes.append(Note(order, 0.9, pitch(4 + order, 5), 90, 2))
    to_secs = lambda beat: float(np.interp(beat, np.arange(len(at)), at))
    beats = at[: count + 1]
    for tone in (0, 2, 4):
        notes.append(Note(count, 2, pitch(tone, 4), 88, 1))
    downs = np.arange(pickup, count + 1, bar)
    name = f"{half[:3]}-{kind.replace(' ', '-').replace(',', '')}-{bpm}"
    return Piece(name, kind, half, notes, programs, beats, at[downs], at[np.array(starts[1:], dtype=int)], to_secs, bends)


# Scores of the music21 package (all by composers long dead, or traditional): path, excerpt in quarters, tempo of the beat, beat in quarters, programs
SCORES = [
    ("development", "bach/bwv66.6", 120, 96, 1.0, 52),
    ("development", "bach/bwv269", 130, 104, 1.0, 19),
    ("development", "haydn/opus74no1/movement3", 110, 150, 1.0, 48),
    ("development", "mozart/k458/movement1", 100, 110, 1.5, 48),
    ("development", "joplin/maple_leaf_rag", 110, 92, 1.0, 0),
    ("development", "beethoven/opus18no1/movement1", 100, 160, 1.0, 48),
    ("report", "bach/bwv347", 110, 88, 1.0, 52),
    ("report", "bach/bwv267", 130, 112, 1.0, 19),
    ("report", "mozart/k155/movement2", 100, 76, 1.0, 48),
    ("report", "mozart/k80/movement1", 110, 84, 1.0, 48),
    ("report", "haydn/opus1no1/movement1", 100, 100, 1.5, 48),
    ("development", "bach/bwv254", 90, 92, 1.0, 19),
    ("development", "bach/bwv260", 90, 78, 1.0, 52),
    ("development", "bach/bwv283", 90, 69, 1.0, 48),
    ("development", "bach/bwv302", 100, 101, 1.0, 48),
    ("development", "bach/bwv10.7", 90, 84, 1.0, 19),
    ("development", "bach/bwv26.6", 90, 108, 1.0, 52),
    ("development", "bach/bwv40.8", 90, 73, 1.0, 48),
    ("development", "haydn/opus74no1/movement1", 110, 126, 1.0, 48),
    ("development", "mozart/k155/movement1", 110, 118, 1.0, 48),
    ("development", "mozart/k156/movement1", 110, 66, 1.5, 48),
]


def from_score(half, path, quarters, bpm, beat_quarters, program, seed):
    """A piece from a printed score, its upbeat and metre changes included; none where the score can't be had."""
    import music21

    rng = np.random.default_rng(seed)
    score = music21.corpus.parse(path)
    notes, downs = [], []
    for index, part in enumerate(score.parts):
        flat = part.flatten()
        for element in flat.notes:
            at = float(element.offset)
            if at >= quarters or element.duration.isGrace:
                continue
            for p in element.pitches:
                notes.append(Note(at / beat_quarters, float(element.quarterLength) / beat_quarters * 0.95, p.midi, int(rng.normal(84, 8)), index % 4, float(rng.normal(0, 0.01))))
        if index == 0:
            for measure in part.getElementsByClass("Measure"):
                # A measure that is shorter than its metre at the start is an upbeat
                short = measure.duration.quarterLength < measure.barDuration.quarterLength and measure.offset == 0
                if not short and measure.offset <= quarters:
                    downs.append(float(measure.offset) / beat_quarters)
    end = max(note.at + note.length for note in notes)
    downs = [down for down in downs if down < end]
    first = downs[0]
    count = int(end - first) + 1
    before = int(np.floor(first + 1e-6))
    grid = first - before + np.arange(before + count + 2)
    at = law("rubato" if program in (52, 0) else "drift", bpm, len(grid) - 1, [0], rng)
    to_secs = lambda beat: float(np.interp(beat, grid, at))
    name = f"{half[:3]}-{path.replace('/', '-')}"
    beats = np.array([to_secs(b) for b in grid if b <= end])
    return Piece(name, "score", half, notes, {channel: program for channel in range(4)}, beats, np.array([to_secs(d) for d in downs]), np.array([]), to_secs)


def from_midi(path, half, secs=60.0):
    """A piece from a MIDI file whose notes keep to its own beats; none where they don't."""
    import mido

    file = mido.MidiFile(path)
    ticks = file.ticks_per_beat
    merged, now = [], 0
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        merged.append((now / ticks, message))
    tempo, metre, secs_at = [(0.0, 500000)], [(0.0, 4, 4)], 0.0
    for at, message in merged:
        if message.type == "set_tempo":
            tempo.append((at, message.tempo))
        if message.type == "time_signature":
            metre.append((at, message.numerator, message.denominator))
    metre = [m for m in metre if m[0] == max(x[0] for x in metre if x[0] <= m[0])]
    if len(metre) > 2 or metre[-1][1:] not in ((4, 4), (3, 4), (2, 4)) or metre[-1][0] > 0:
        return None
    places, values = np.array([t[0] for t in tempo]), np.array([t[1] / 1e6 for t in tempo])
    times = np.concatenate([[0], np.cumsum(np.diff(places) * values[:-1])])

    def to_secs(beat):
        i = max(0, int(np.searchsorted(places, beat, "right")) - 1)
        return float(times[i] + (beat - places[i]) * values[i])

    programs, notes, open_notes = {}, [], {}
    for at, message in merged:
        if message.type == "program_change":
            programs.setdefault(message.channel, message.program)
        elif message.type == "note_on" and message.velocity > 0:
            open_notes[(message.channel, message.note)] = (at, message.velocity)
        elif message.type in ("note_off", "note_on") and (message.channel, message.note) in open_notes:
            began, velocity = open_notes.pop((message.channel, message.note))
            notes.append(Note(began, at - began, message.note, velocity, message.channel))
    notes = [note for note in notes if to_secs(note.at) < secs]
    if len(notes) < 100:
        return None
    on_grid = np.mean([abs(note.at * 4 - round(note.at * 4)) < 0.12 or abs(note.at * 3 - round(note.at * 3)) < 0.1 for note in notes])
    on_beat = np.mean([abs(note.at - round(note.at)) < 0.04 for note in notes])
    first = to_secs(min(note.at for note in notes))
    median = np.median(np.diff([to_secs(b) for b in range(0, 60)]))
    if on_grid < 0.9 or on_beat < 0.3 or not 0.29 < median < 1.05 or to_secs(max(note.at for note in notes)) < 30:
        return None
    count = int(max(note.at for note in notes))
    begin = int(np.floor(min(note.at for note in notes)))
    lead = to_secs(begin) - 0.3
    shifted = lambda beat: to_secs(beat) - lead
    bar = metre[-1][1]
    beats = np.array([shifted(b) for b in range(begin, count + 1)])
    downs = np.array([shifted(b) for b in range(begin, count + 1) if b % bar == 0])
    name = f"{half[:3]}-{os.path.basename(path).split('.')[0]}"
    return Piece(name, "game MIDI", half, notes, programs, beats, downs, np.array([]), shifted)


def midi_files():
    return sorted(glob.glob("/usr/share/games/openttd/baseset/openmsx/*.mid"))


def all_pieces(half):
    pieces = []
    for index, (plan, bpm) in enumerate(zip(PLANS, TEMPI[half])):
        pieces.append(composed(plan, bpm, half, (1000 if half == "report" else 0) + index))
    for index, (which, *rest) in enumerate(SCORES):
        if which == half:
            try:
                piece = from_score(half, *rest, 5000 + index)
            except Exception as error:
                print(f"  {rest[0]} left out: {error}")
                continue
            if piece:
                pieces.append(piece)
    usable = [(path, from_midi(path, half)) for path in midi_files()[0 if half == "development" else 1 :: 2]]
    pieces += [piece for _, piece in usable if piece][:7]
    if half == "development":
        plans = {plan[0]: plan for plan in PLANS}
        pieces += [composed(plans[kind], bpm, half, 2000 + index) for index, (kind, bpm) in enumerate(MORE)]
        pieces += [composed(plan, bpm, half, 3000 + index) for index, (plan, bpm) in enumerate(zip(PLANS, WIDER))]
    return pieces


def write_midi(piece, path):
    """A MIDI file whose tick is a millisecond."""
    import mido

    events = []
    for channel, program in piece.programs.items():
        if channel != DRUMS:
            events.append((0, 0, mido.Message("program_change", channel=channel, program=program)))
    for note in piece.notes:
        from_ms = max(1, round(1000 * (piece.to_secs(note.at) + note.late_secs)))
        to_ms = max(from_ms + 20, round(1000 * (piece.to_secs(note.at + note.length) + note.late_secs)))
        events.append((from_ms, 2, mido.Message("note_on", channel=note.channel, note=int(np.clip(note.pitch, 0, 127)), velocity=int(np.clip(note.velocity, 1, 127)))))
        events.append((to_ms, 1, mido.Message("note_off", channel=note.channel, note=int(np.clip(note.pitch, 0, 127)))))
    for beat, channel, semitones in piece.bends:
        begin = max(0, round(1000 * piece.to_secs(beat)) - 5)
        for step in range(6):
            value = int(semitones / 2 * 8191 * (1 - step / 5))
            events.append((begin + 15 * step, 0, mido.Message("pitchwheel", channel=channel, pitch=value)))
    events.sort(key=lambda event: event[:2])
    track, now = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)]), 0
    for at, _, message in events:
        track.append(message.copy(time=at - now))
        now = at
    file = mido.MidiFile(ticks_per_beat=1000)
    file.tracks.append(track)
    file.save(path)


def render(piece, folder):
    """The piece as a WAV file; also what it becomes with noise at 10 dB and as an MP3 at 96 kbit/s."""
    import soundfile

    midi, wav = os.path.join(folder, piece.name + ".mid"), os.path.join(folder, piece.name + ".wav")
    if os.path.exists(wav):
        return wav
    write_midi(piece, midi)
    subprocess.run(["fluidsynth", "-ni", "-q", "-g", "0.6", "-r", "44100", "-F", wav + ".part", "-T", "wav", SOUND_FONT, midi], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sound, rate = soundfile.read(wav + ".part", dtype="float32")
    os.remove(wav + ".part")
    sound *= 0.8 / max(1e-6, np.abs(sound).max())
    soundfile.write(wav, sound, rate, subtype="PCM_16")
    return wav


def noisy(wav, seed):
    """Pink noise 10 dB below the piece."""
    import soundfile

    path = wav[:-4] + "+noise.wav"
    if not os.path.exists(path):
        sound, rate = soundfile.read(wav, dtype="float32")
        rng = np.random.default_rng(seed)
        spectrum = np.fft.rfft(rng.normal(0, 1, len(sound)))
        pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), len(sound))
        pink *= np.sqrt(np.mean(sound**2)) / np.sqrt(np.mean(pink**2)) * 10 ** (-10 / 20)
        mixed = sound + pink[:, None].astype(np.float32)
        soundfile.write(path, 0.9 * mixed / np.abs(mixed).max(), rate, subtype="PCM_16")
    return path


def squeezed(wav):
    """Through an MP3 at 96 kbit/s and back, without a shift."""
    path = wav[:-4] + "+mp3.wav"
    if not os.path.exists(path):
        mp3 = path[:-4] + ".mp3"
        quiet = ["ffmpeg", "-y", "-loglevel", "error"]
        subprocess.run(quiet + ["-i", wav, "-c:a", "libmp3lame", "-b:a", "96k", mp3], check=True)
        subprocess.run(quiet + ["-i", mp3, path], check=True)
        os.remove(mp3)
    return path
