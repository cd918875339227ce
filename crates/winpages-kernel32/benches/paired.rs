//! Timing two ways of doing one thing in turn, so that a machine whose speed drifts drifts under
//! both.

use std::time::Instant;

/// How often each side is timed.
const ALTERNATIONS: usize = 31;

/// Nanoseconds per operation of one side, over all alternations.
struct Timings(Vec<f64>);

impl Timings {
    fn at(&mut self, fraction: f64) -> f64 {
        self.0.sort_by(f64::total_cmp);
        let last = self.0.len() - 1;
        self.0[(last as f64 * fraction).round() as usize]
    }
}

/// The processor time of this thread in nanoseconds.
fn processor_time() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Nanoseconds of processor time per operation.
pub fn time(operations: u32, work: &mut dyn FnMut()) -> f64 {
    let before = processor_time();
    for _ in 0..operations {
        work();
    }
    (processor_time() - before) as f64 / f64::from(operations)
}

/// Prints what `ours` and `theirs` cost, each `operations` times in turn, and the ratio of the two
/// pair by pair; answers the median of ours.
pub fn compare(
    name: &str,
    operations: u32,
    mut ours: impl FnMut(),
    reference: &str,
    mut theirs: impl FnMut(),
) -> f64 {
    compare_timings(
        name,
        || time(operations, &mut ours),
        reference,
        || time(operations, &mut theirs),
    )
}

/// The same for two sides that time themselves: each answers nanoseconds per operation.
pub fn compare_timings(
    name: &str,
    mut ours: impl FnMut() -> f64,
    reference: &str,
    mut theirs: impl FnMut() -> f64,
) -> f64 {
    let started = Instant::now();
    ours();
    theirs();
    let (mut our_times, mut their_times, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..ALTERNATIONS {
        // Whoever goes first may find a colder cache: take turns in that, too.
        let (ours, theirs) = if round % 2 == 0 {
            let first = ours();
            (first, theirs())
        } else {
            let first = theirs();
            (ours(), first)
        };
        our_times.push(ours);
        their_times.push(theirs);
        ratios.push(ours / theirs);
    }
    let (mut ours, mut theirs, mut ratio) =
        (Timings(our_times), Timings(their_times), Timings(ratios));
    println!(
        "{name:<46} {:>9.1} {:>9.1}   {reference:<40} {:>9.1} {:>9.1}   ratio {:.2} (p10 {:.2}, p90 {:.2})  {:.1?}",
        ours.at(0.0),
        ours.at(0.5),
        theirs.at(0.0),
        theirs.at(0.5),
        ratio.at(0.5),
        ratio.at(0.1),
        ratio.at(0.9),
        started.elapsed(),
    );
    ours.at(0.5)
}

/// Prints what one way costs.
#[allow(dead_code, reason = "not every bench measures without a reference")]
pub fn measure(name: &str, operations: u32, mut ours: impl FnMut()) {
    time(operations / 4 + 1, &mut ours);
    let mut times = Timings(
        (0..ALTERNATIONS)
            .map(|_| time(operations, &mut ours))
            .collect::<Vec<_>>(),
    );
    println!("{name:<46} {:>9.1} {:>9.1}", times.at(0.0), times.at(0.5));
}
