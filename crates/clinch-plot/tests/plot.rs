//! Stories of synthetic scores, whose right answers are known.

use clinch_model::{
    AccentKind, Bar, Bpm, Curve, Event, EventKind, Hold, HoldKind, Level, Lufs, LyricLine, Phrase, Role, Score, Secs, Section, Story,
    TrackInfo, Treatment, Who,
};
use clinch_plot::{Error, Options, findings, lead_share, plot};
use std::f64::consts::{PI, TAU};

/// A score of equal bars in sections of `(bars, aggression)`, with a strong onset on every downbeat.
fn score(bar_secs: f64, sections: &[(usize, f64)]) -> Score {
    let count: usize = sections.iter().map(|section| section.0).sum();
    let duration = Secs(count as f64 * bar_secs);
    let mut first_bar = 0;
    let (mut bars, mut made) = (Vec::new(), Vec::new());
    for (section, &(length, aggression)) in sections.iter().enumerate() {
        for bar in first_bar..first_bar + length {
            let (start, end) = (Secs(bar as f64 * bar_secs), Secs((bar + 1) as f64 * bar_secs));
            bars.push(Bar {
                start,
                end,
                section,
                loudness: Lufs(-20.0 + 12.0 * aggression),
                aggression,
                onset_density_hz: 2.0,
                feeling: Default::default(),
            });
        }
        made.push(Section { first_bar, end_bar: first_bar + length, label: "A".into(), aggression });
        first_bar += length;
    }
    let hop_secs = 0.01;
    let hops = (duration.0 / hop_secs) as usize;
    let strong = |hop: usize| (hop as f64 * hop_secs / bar_secs).fract() * bar_secs < 0.015;
    let onset = Curve { hop_secs, values: (0..hops).map(|hop| if strong(hop) { 1.0 - 0.3 * (hop % 2) as f32 } else { 0.05 }).collect() };
    Score {
        track: TrackInfo {
            title: "synthetic".into(),
            artist: None,
            duration,
            sample_rate_hz: 44_100,
            channels: 2,
            samples: (duration.0 * 44_100.0) as u64,
            format: "none".into(),
        },
        tempo: Bpm(240.0 / bar_secs),
        rhythm: Default::default(),
        form: Default::default(),
        beats_per_bar: 4,
        beats: (0..count * 4).map(|beat| Secs(beat as f64 * bar_secs / 4.0)).collect(),
        bars,
        sections: made,
        loudness: Lufs(-12.0),
        aggression: Curve { hop_secs: 1.0, values: vec![0.5] },
        onset,
        lyrics: Vec::new(),
        pulse_clarity: 1.0,
    }
}

/// Sections of a song of 4 min at 120 beats a minute.
fn long() -> Score {
    score(2.0, &[(8, 0.2), (16, 0.5), (16, 0.85), (16, 0.45), (16, 0.9), (12, 0.15), (8, 0.6), (20, 0.95), (8, 0.25)])
}

fn songs() -> Vec<Score> {
    vec![
        long(),
        score(2.0, &[(7, 0.3), (7, 0.9)]),
        score(1.4, &[(8, 0.3), (4, 0.1), (12, 0.9)]),
        score(3.5, &[(4, 0.5), (6, 0.9), (5, 0.2)]),
        score(2.2, &[(20, 0.5)]),
        score(2.0, &[(6, 1.0)]),
    ]
}

fn hold<'a>(story: &'a Story, phrase: &Phrase) -> &'a Hold {
    story.hold(&phrase.hold).expect("the story carries its holds")
}

/// Each phrase with the one before it, round the loop.
fn neighbours(story: &Story) -> impl Iterator<Item = (&Phrase, &Phrase)> {
    let count = story.phrases.len();
    (0..count).map(move |i| (&story.phrases[(i + count - 1) % count], &story.phrases[i]))
}

fn check_walk(story: &Story, score: &Score, opens_with: Who) {
    let first = &story.phrases[0];
    assert_eq!((first.first_bar, first.start, first.leader), (0, Secs(0.0), opens_with));
    assert!(hold(story, first).level == Level::Standing && hold(story, first).kind != HoldKind::Rest);
    let last = story.phrases.last().unwrap();
    assert_eq!((last.end_bar, last.end), (score.bars.len(), score.track.duration));
    for (i, (before, phrase)) in neighbours(story).enumerate() {
        let joined = i == 0 && before.hold == phrase.hold && before.leader == phrase.leader;
        assert!(joined || hold(story, before).next.contains(&phrase.hold), "{} -> {}", before.hold, phrase.hold);
        for who in Who::BOTH {
            // Nobody gets from their feet to the ground or back at once.
            let pelvis =
                |phrase: &Phrase| hold(story, phrase).posture(if phrase.leader == who { Role::Leader } else { Role::Follower }).pelvis.y;
            let (low, high) = (pelvis(before).min(pelvis(phrase)), pelvis(before).max(pelvis(phrase)));
            assert!(low >= 0.33 || high < 0.7, "{who} flies: {} -> {}", before.hold, phrase.hold);
        }
        if i > 0 {
            assert_eq!((before.end_bar, before.end), (phrase.first_bar, phrase.start));
        }
        assert_eq!(phrase.start, score.bars[phrase.first_bar].start);
        assert!((phrase.end - phrase.start).0 >= hold(story, phrase).enter_secs + 1.5);
        assert_eq!(phrase.leverage.signum(), phrase.leader.sign());
        assert!((0.0..=1.0).contains(&phrase.intensity) && phrase.leverage.abs() <= 1.0);
    }
    assert_eq!((story.leverage.len(), story.intensity.len()), (score.bars.len(), score.bars.len()));
}

fn check_ring(story: &Story) {
    for (before, phrase) in neighbours(story) {
        let (secs, hold) = ((phrase.end - phrase.start).0, hold(story, phrase));
        let way_m = f64::from(phrase.place_m.distance(before.place_m));
        assert!(phrase.place_m.length() <= 1.6);
        let most_m = match (hold.kind, hold.level) {
            (HoldKind::Drag, _) => hold.travel_m_per_sec.abs() * secs + 0.05,
            (_, Level::Standing) => 0.25 * secs,
            (_, Level::Kneeling) => 0.08 * secs,
            (_, Level::Ground) => 0.011,
        };
        assert!(way_m <= most_m, "{} goes {way_m} m in {secs} s", hold.name);
        let other_side = if before.leader == phrase.leader { 0.0 } else { PI };
        let turn_rad = (phrase.heading_rad - before.heading_rad - other_side + PI).rem_euclid(TAU) - PI;
        let most_deg = match hold.level {
            Level::Standing => 40.0,
            Level::Kneeling => 10.0,
            Level::Ground => 0.0,
        };
        assert!(turn_rad.abs().to_degrees() <= most_deg + 1e-3, "{} turns {}°", hold.name, turn_rad.to_degrees());
        if hold.kind == HoldKind::Drag && way_m > 0.4 {
            let way = (phrase.place_m - before.place_m) / way_m as f32;
            let facing = glam::Vec2::new(phrase.heading_rad.sin() as f32, phrase.heading_rad.cos() as f32);
            assert!(way.dot(facing) < -0.85, "a drag goes backwards: {}", way.dot(facing));
        }
    }
}

#[test]
fn every_story_is_a_closed_balanced_walk_on_a_closed_ring() {
    for score in songs() {
        for (seed, opens_with) in [(0, Who::Cop), (5, Who::Kid)] {
            let mut treatment = Treatment { seed, ..Treatment::default() };
            treatment.story.opens_with = opens_with;
            let story = plot(&score, &treatment, &Options::default()).unwrap();
            check_walk(&story, &score, opens_with);
            check_ring(&story);
            let share = lead_share(&story, Who::Cop);
            assert!((0.4..=0.6).contains(&share), "Cop leads {share}");
        }
    }
}

#[test]
fn leverage_turns_where_the_second_section_begins_and_at_the_wanted_times() {
    let two = score(2.0, &[(8, 0.4), (8, 0.9)]);
    let story = plot(&two, &Treatment::default(), &Options::default()).unwrap();
    let reversals = |story: &Story| -> Vec<f64> {
        story.events.iter().filter(|event| event.kind == EventKind::Reversal).map(|event| event.at.0).collect()
    };
    assert!(reversals(&story).contains(&16.0), "{:?}", reversals(&story));

    let mut treatment = Treatment::default();
    treatment.story.reversals_at = vec![10.3, 24.0];
    let story = plot(&two, &treatment, &Options::default()).unwrap();
    assert!(reversals(&story).contains(&10.0) && reversals(&story).contains(&24.0), "{:?}", reversals(&story));
}

#[test]
fn a_long_song_shows_every_kind_none_too_often_and_rests_where_it_is_quiet() {
    let story = plot(&long(), &Treatment::default(), &Options::default()).unwrap();
    let share = |test: &dyn Fn(&Phrase) -> bool| {
        story.phrases.iter().filter(|phrase| test(phrase)).map(|phrase| (phrase.end - phrase.start).0).sum::<f64>() / story.duration.0
    };
    for hold in &story.holds {
        assert!(share(&|phrase| phrase.hold == hold.name) <= 0.2, "{} fills {}", hold.name, share(&|phrase| phrase.hold == hold.name));
    }
    let of_kind = |kind: HoldKind| share(&|phrase| hold(&story, phrase).kind == kind);
    assert!((0.02..=0.16).contains(&of_kind(HoldKind::Rest)), "{}", of_kind(HoldKind::Rest));
    assert!(of_kind(HoldKind::Drag) > 0.0 && share(&|phrase| hold(&story, phrase).level == Level::Ground) > 0.05);
    assert!(story.holds.len() >= 9, "{}", story.holds.len());
    let mean = |kind: HoldKind| {
        let of_kind: Vec<f64> = story.phrases.iter().filter(|p| hold(&story, p).kind == kind).map(|p| p.intensity).collect();
        of_kind.iter().sum::<f64>() / of_kind.len() as f64
    };
    assert!(mean(HoldKind::Rest) < 0.4 && mean(HoldKind::Drag) > 0.55, "{} {}", mean(HoldKind::Rest), mean(HoldKind::Drag));
}

#[test]
fn accents_lie_on_onsets_in_struggles_at_least_two_seconds_apart() {
    let song = long();
    let story = plot(&song, &Treatment::default(), &Options::default()).unwrap();
    let accents: Vec<&Event> = story.events.iter().filter(|event| event.kind == EventKind::Accent).collect();
    assert!(accents.len() > 20, "{}", accents.len());
    assert!(accents.windows(2).all(|pair| pair[1].at.0 - pair[0].at.0 >= 2.0 - 1e-9));
    for accent in &accents {
        assert_ne!(hold(&story, &story.phrases[story.phrase_at(accent.at)]).kind, HoldKind::Rest);
        let shove = story.events.iter().any(|event| event.kind == EventKind::Shove && event.at == accent.at);
        assert!(shove || song.onset.at(accent.at) > 0.4);
    }
    let leaders = accents.iter().filter(|accent| story.phrases[story.phrase_at(accent.at)].leader == accent.who).count();
    assert!(leaders * 2 > accents.len());
    let recognised =
        |phrase: &Phrase| story.events.iter().any(|e| e.kind == EventKind::Recognition && phrase.start.0 < e.at.0 && e.at.0 < phrase.end.0);
    for (before, phrase) in neighbours(&story) {
        let loudness = |phrase: &Phrase| song.bars[phrase.first_bar..phrase.end_bar].iter().map(|bar| bar.aggression).sum::<f64>();
        let mean = |phrase: &Phrase| loudness(phrase) / (phrase.end_bar - phrase.first_bar) as f64;
        if hold(&story, phrase).kind == HoldKind::Rest || phrase.intensity < 0.25 {
            assert!(recognised(phrase), "{} at {}", phrase.hold, phrase.start);
        } else if mean(phrase) >= mean(before) {
            assert!(!recognised(phrase), "{} at {}", phrase.hold, phrase.start);
        }
    }
    assert!(story.events.windows(2).all(|pair| pair[0].at.0 <= pair[1].at.0));
}

#[test]
fn every_story_has_one_shove_of_cops_while_leading_and_keeps_the_rules() {
    for score in songs() {
        for seed in 0..2 {
            let story = plot(&score, &Treatment { seed, ..Treatment::default() }, &Options::default()).unwrap();
            let shoves: Vec<&Event> = story.events.iter().filter(|event| event.kind == EventKind::Shove).collect();
            assert_eq!(shoves.len(), 1);
            assert!(shoves[0].who == Who::Cop && story.phrases[story.phrase_at(shoves[0].at)].leader == Who::Cop);
            assert!(story.events.iter().any(|event| event.kind == EventKind::Accent && event.at == shoves[0].at && event.who == Who::Cop));
            for finding in findings(&story) {
                let place = format!("{} s, seed {seed}", score.track.duration.0);
                assert!(finding.holds(), "{place}: {}: {} {:?}", finding.name, finding.measured, finding.bound);
            }
        }
    }
}

#[test]
fn a_minute_of_varied_music_shows_nine_holds() {
    let minute = score(2.0, &[(3, 0.2), (8, 0.55), (4, 0.9), (4, 0.3), (5, 0.6), (6, 0.85)]);
    for seed in 0..3 {
        let story = plot(&minute, &Treatment { seed, ..Treatment::default() }, &Options::default()).unwrap();
        assert!(story.holds.len() >= 9, "seed {seed}: {}", story.holds.len());
        assert!(story.holds.iter().any(|hold| hold.name == "elbow-shove"), "seed {seed}");
    }
}

#[test]
fn an_accent_on_the_way_down_is_a_fall_and_others_are_what_the_hold_says() {
    let story = plot(&long(), &Treatment::default(), &Options::default()).unwrap();
    let mut falls = 0;
    for accent in story.events.iter().filter(|event| event.kind == EventKind::Accent) {
        let at = story.phrase_at(accent.at);
        let (before, phrase) = (&story.phrases[(at + story.phrases.len() - 1) % story.phrases.len()], &story.phrases[at]);
        let kind = story.accent_kind(accent.at, accent.who);
        let early = accent.at.0 < phrase.start.0 + hold(&story, phrase).enter_secs;
        if early {
            assert!(hold(&story, phrase).level > hold(&story, before).level && kind == AccentKind::Fall);
            falls += 1;
        } else if accent.at.0 > phrase.start.0 + hold(&story, phrase).enter_secs + 0.6 {
            let role = if accent.who == phrase.leader { Role::Leader } else { Role::Follower };
            assert_eq!(kind, hold(&story, phrase).accent(role));
        }
    }
    assert!(falls >= 1, "{falls}");
}

#[test]
fn a_shove_and_recognitions_are_where_they_are_wanted() {
    let wanted = |shove_at, opens_with| {
        let mut treatment = Treatment::default();
        (treatment.story.shove_at, treatment.story.opens_with) = (Some(shove_at), opens_with);
        treatment.story.recognitions_at = vec![33.3, 100.0];
        plot(&long(), &treatment, &Options::default())
    };
    for shove_at in [9.7, 75.2, 180.0, 238.9] {
        let story = wanted(shove_at, Who::Kid).unwrap();
        let at = |kind: EventKind| story.events.iter().filter(|event| event.kind == kind).map(|event| event.at.0).collect::<Vec<_>>();
        assert_eq!(at(EventKind::Shove), [shove_at]);
        assert!(at(EventKind::Recognition).contains(&33.3) && at(EventKind::Recognition).contains(&100.0));
        assert_eq!(story.phrases[story.phrase_at(Secs(shove_at))].leader, Who::Cop);
    }
    // Kid opens, so at the beginning Cop can't lead.
    assert!(matches!(wanted(0.5, Who::Kid), Err(Error::ShoveImpossible { .. })));
    assert!(matches!(wanted(500.0, Who::Kid), Err(Error::MomentOutside { field: "shove-at", .. })));
}

/// A line of four seconds.
fn line(start_secs: f64, strength: f64) -> LyricLine {
    LyricLine { start: Secs(start_secs), end: Secs(start_secs + 4.0), text: "words".into(), strength, ..LyricLine::default() }
}

#[test]
fn the_power_shifts_on_strong_lines() {
    // In the middle of sections, where nothing else speaks for a turn.
    let places_secs = [32.0, 64.0, 96.0, 128.0];
    let reversals = |lyrics: Vec<LyricLine>| -> usize {
        let score = Score { lyrics, ..long() };
        let of_seed = |seed: u64| {
            let story = plot(&score, &Treatment { seed, ..Treatment::default() }, &Options::default()).unwrap();
            let at = |secs: &&f64| story.events.iter().any(|event| event.kind == EventKind::Reversal && (event.at.0 - **secs).abs() < 0.1);
            places_secs.iter().filter(at).count()
        };
        (0..4).map(of_seed).sum()
    };
    let mut lyrics: Vec<LyricLine> = (0..54).map(|i| line(f64::from(i) * 4.0 + 2.0, 0.3)).collect();
    let plain = reversals(lyrics.clone());
    for place in places_secs {
        lyrics.push(line(place, 0.9));
    }
    lyrics.sort_by(|a, b| a.start.0.total_cmp(&b.start.0));
    let strong = reversals(lyrics.clone());
    // Four seeds with four places each; now and then a turn is there anyway.
    assert!(strong >= 12 && strong > plain + 2, "{plain} without, {strong} with strong lines");
    lyrics.iter_mut().for_each(|line| line.guessed = true);
    assert_eq!(reversals(lyrics), plain, "guessed times move nothing");
}

#[test]
fn they_look_at_each_other_on_soft_lines() {
    let plain = plot(&long(), &Treatment::default(), &Options::default()).unwrap();
    let soft = plain.phrases.iter().filter(|phrase| phrase.intensity < 0.5);
    let wanted_secs: Vec<f64> = soft.map(|phrase| phrase.end.0 - 1.5).collect();
    let mut lyrics: Vec<LyricLine> = wanted_secs.iter().map(|&at| line(at, 0.1)).collect();
    lyrics.extend((0..20).map(|i| line(f64::from(i) * 10.0 + 0.7, 0.45)));
    lyrics.sort_by(|a, b| a.start.0.total_cmp(&b.start.0));
    let story = plot(&Score { lyrics, ..long() }, &Treatment::default(), &Options::default()).unwrap();
    let looks = |at: f64| story.events.iter().any(|event| event.kind == EventKind::Recognition && event.at.0 == at);
    let met = wanted_secs.iter().filter(|&&at| looks(at)).count();
    assert!(wanted_secs.len() >= 3 && met * 2 >= wanted_secs.len(), "{met} of {}", wanted_secs.len());
}

#[test]
fn wishes_are_kept_or_refused_by_name() {
    let song = long();
    let with = |forbid: &[&str], reversals_at: &[f64]| {
        let mut treatment = Treatment::default();
        treatment.story.forbid_holds = forbid.iter().map(|name| name.to_string()).collect();
        treatment.story.reversals_at = reversals_at.to_vec();
        plot(&song, &treatment, &Options::default())
    };
    let story = with(&["mount-pin", "bear-hug"], &[]).unwrap();
    assert!(story.phrases.iter().all(|phrase| phrase.hold != "mount-pin" && phrase.hold != "bear-hug"));
    assert!(matches!(with(&["mount-pim"], &[]), Err(Error::UnknownHold { nearest, .. }) if nearest == "mount-pin"));
    let all_but_one: Vec<String> = clinch_plot::holds().unwrap().into_iter().map(|hold| hold.name).filter(|name| name != "lean").collect();
    let all_but_one: Vec<&str> = all_but_one.iter().map(String::as_str).collect();
    assert!(matches!(with(&all_but_one, &[]), Err(Error::TooFewHolds { left: 1, .. })));
    assert!(matches!(with(&[], &[900.0]), Err(Error::ReversalOutside { .. })));
    assert!(matches!(with(&[], &[f64::NAN]), Err(Error::ReversalOutside { .. })));
    assert!(matches!(with(&[], &[20.0, 21.0]), Err(Error::ReversalsTooNear { .. })));
    assert!(matches!(plot(&score(2.0, &[(2, 0.5)]), &Treatment::default(), &Options::default()), Err(Error::TooShort { .. })));
}

#[test]
fn a_broken_score_is_refused() {
    let spoilt = |spoil: &dyn Fn(&mut Score)| {
        let mut song = score(2.0, &[(8, 0.5)]);
        spoil(&mut song);
        matches!(plot(&song, &Treatment::default(), &Options::default()), Err(Error::Score { .. }))
    };
    assert!(spoilt(&|song| song.bars.clear()));
    assert!(spoilt(&|song| song.bars[3].aggression = f64::NAN));
    assert!(spoilt(&|song| song.bars[3].end = song.bars[3].start));
    assert!(spoilt(&|song| song.track.duration = Secs(99.0)));
    assert!(spoilt(&|song| song.bars[3].section = 7));
    assert!(spoilt(&|song| song.onset.hop_secs = 0.0));
}

#[test]
fn the_same_wishes_give_the_same_story_and_another_seed_another_one() {
    let song = long();
    let of_seed = |seed| plot(&song, &Treatment { seed, ..Treatment::default() }, &Options::default()).unwrap();
    let story = of_seed(1);
    assert_eq!(story, of_seed(1));
    assert_ne!(story.phrases, of_seed(2).phrases);
}
