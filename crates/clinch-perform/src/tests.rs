//! Whole performances of a stand-in motion, and the world against known mechanics.

use crate::{
    Options, act_out,
    stand_in::{StandIn, cast, story},
    struggle::{Direction, Struggle},
    takes,
    tempo::Tempo,
};
use clinch_model::{FrameRate, Performance};

fn stand_in(period_secs: f64, sink: f32, grips: bool) -> StandIn {
    StandIn { cast: cast(), period_secs, sink, grips }
}

fn performed(duration_secs: f64, sink: f32) -> Performance {
    let plan = stand_in(duration_secs, sink, true);
    let options = Options { sample_rate: FrameRate::whole(120), takes: 2 };
    act_out(&plan, &story(duration_secs), &plan.cast, &options, &|_| ()).unwrap()
}

fn measured(performance: &Performance, name: &str) -> f64 {
    performance.findings.iter().find(|finding| finding.name == name).unwrap().measured
}

#[test]
fn look() {
    let started = std::time::Instant::now();
    let performance = performed(6.0, 0.25);
    println!("{:?}", started.elapsed());
    for finding in &performance.findings {
        println!("{:30} {:10.3} {}  {:?} {}", finding.name, finding.measured, finding.unit, finding.bound, finding.holds());
    }
    for grip in &performance.grips {
        println!("{grip:?}");
    }
    println!("{:?}", performance.phrases);
}
