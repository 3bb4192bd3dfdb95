//! Windows beside providers that are played in simulated time.

use super::*;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A provider whose answers take about `latency` milliseconds each.
#[derive(Debug, Clone, Copy)]
struct Provider {
    latency: u64,
    /// How many it works on at once; others wait in its queue.
    slots: usize,
    /// With more than this under way it refuses.
    refuses_above: usize,
    /// So many are admitted in a second, half of them at once, and others refused.
    rate: Option<u64>,
}

const PARALLEL: Provider =
    Provider { latency: 2_000, slots: usize::MAX, refuses_above: usize::MAX, rate: None };

/// What became of a window over some time.
#[derive(Debug)]
struct Played {
    answered: usize,
    refused: usize,
    highest: usize,
    /// Of the last tenth of the time.
    mean_at_end: f64,
}

/// Asks as much as a window lets, for so many seconds. Times are in microseconds.
fn play(provider: Provider, most: usize, seconds: u64) -> Played {
    let mut window = Window::new();
    window.widen(most);
    let mut played = Played { answered: 0, refused: 0, highest: 0, mean_at_end: 0.0 };
    let mut asked = Vec::new();
    let mut ends = BinaryHeap::new();
    let mut slots: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    let mut random = fastrand::Rng::with_seed(7);
    let (mut now, mut sum, mut samples) = (0, 0, 0);
    // When the bucket of what it admits has the next place, half a second from now at most.
    let mut next_place: u64 = 0;
    while now < seconds * 1_000_000 {
        let mut next_send = u64::MAX;
        while window.has_room() {
            if let Some(wait) = window.wait(Duration::from_micros(now)) {
                next_send = now + u64::try_from(wait.as_micros()).expect("a short time") + 1;
                break;
            }
            asked.push(window.send(Duration::from_micros(now)));
            let number = asked.len() - 1;
            played.highest = played.highest.max(window.in_flight());
            let is_admitted = provider.rate.is_none_or(|rate| {
                let place = next_place.max(now);
                let is_admitted = place <= now + 500_000;
                next_place = if is_admitted { place + 1_000_000 / rate } else { place };
                is_admitted
            });
            if window.in_flight() > provider.refuses_above || !is_admitted {
                ends.push(Reverse((now + 20_000, number, false)));
                continue;
            }
            let latency = provider.latency * random.u64(750..1_250);
            let free = match slots.len() < provider.slots {
                true => now,
                false => slots.pop().expect("a slot").0.max(now),
            };
            if provider.slots < usize::MAX {
                slots.push(Reverse(free + latency));
            }
            ends.push(Reverse((free + latency, number, true)));
        }
        if ends.peek().is_none_or(|Reverse((time, _, _))| *time > next_send) {
            now = next_send;
            continue;
        }
        let Reverse((time, number, is_answer)) = ends.pop().expect("requests are under way");
        now = time;
        let ending = if is_answer { Ending::Answered } else { Ending::Limited };
        window.end(asked[number], ending, Duration::from_micros(now));
        played.answered += usize::from(is_answer);
        played.refused += usize::from(!is_answer);
        if now > seconds * 900_000 {
            sum += window.allowed();
            samples += 1;
        }
    }
    played.mean_at_end = sum as f64 / f64::from(samples.max(1));
    played
}

#[test]
fn a_window_finds_what_a_provider_can_take() {
    let check = |provider: Provider, most, (low, high): (usize, usize), highest: usize| {
        let played = play(provider, most, 600);
        let mean = played.mean_at_end;
        let in_range = mean >= low as f64 && mean <= high as f64;
        assert!(in_range && played.highest <= highest, "{provider:?}: {played:?}");
    };
    // All that is allowed, where there is no limit.
    check(PARALLEL, 512, (512, 512), 512);
    check(PARALLEL, 3, (3, 3), 3);
    // A server of few slots has no long queue.
    check(Provider { latency: 5_000, slots: 1, ..PARALLEL }, 512, (1, 4), 16);
    check(Provider { latency: 5_000, slots: 4, ..PARALLEL }, 512, (4, 24), 48);
    // One of many slots is filled.
    check(Provider { slots: 24, ..PARALLEL }, 512, (24, 48), 128);
    check(Provider { slots: 400, ..PARALLEL }, 4_096, (360, 800), 2_048);
    // Around the limit of a provider that refuses.
    check(Provider { refuses_above: 100, ..PARALLEL }, 512, (80, 105), 128);
    check(Provider { refuses_above: 1, ..PARALLEL }, 512, (1, 2), 8);
}

#[test]
fn few_requests_are_refused_and_most_of_the_limit_is_used() {
    for limit in [10, 100, 400] {
        let provider = Provider { refuses_above: limit, ..PARALLEL };
        let played = play(provider, 4_096, 1_200);
        let possible = limit * 600;
        assert!(played.refused * 20 < played.answered, "{limit}: {played:?}");
        assert!(played.answered * 100 > possible * 75, "{limit} of {possible}: {played:?}");
    }
}

/// A window of 100, and so many requests under way.
fn used(in_flight: usize) -> (Window, Vec<Sent>) {
    let mut window = Window::new();
    window.widen(512);
    window.allowed = 100;
    let sent = (0..in_flight).map(|_| window.send(Duration::ZERO)).collect();
    (window, sent)
}

#[test]
fn a_round_of_refusals_cuts_once_and_a_later_one_again() {
    let (mut window, sent) = used(100);
    for sent in &sent[..50] {
        window.end(*sent, Ending::Limited, Duration::from_millis(100));
    }
    assert_eq!((window.allowed(), window.in_flight()), (70, 50));
    let later = window.send(Duration::from_millis(200));
    window.end(later, Ending::Limited, Duration::from_millis(300));
    assert_eq!(window.allowed(), 35, "seven tenths of the 51 that were under way");
    window.end(sent[50], Ending::Silent, Duration::from_millis(400));
    assert_eq!(window.allowed(), 35, "what was sent before is old news");
}

#[test]
fn silence_cuts_where_it_is_more_than_a_broken_connection() {
    let check = |in_flight: usize, silent: usize, expect: usize| {
        let (mut window, sent) = used(in_flight);
        for sent in &sent[..silent] {
            window.end(*sent, Ending::Silent, Duration::from_secs(1));
        }
        assert_eq!(window.allowed(), expect, "{silent} of {in_flight}");
    };
    check(100, 4, 100);
    check(100, 5, 67);
    check(1, 1, 1);
    check(10, 1, 7);
}

#[test]
fn what_is_not_used_does_not_grow() {
    let mut window = Window::new();
    window.widen(512);
    for second in 0..1_000 {
        let now = Duration::from_secs(second);
        let sent = window.send(now);
        window.end(sent, Ending::Answered, now + Duration::from_millis(500));
    }
    assert_eq!(window.allowed(), FIRST);
}

#[test]
fn after_a_refusal_most_of_what_is_offered_is_soon_used_again() {
    // Of few and many a second, in answers of different lengths, over so many seconds.
    for (rate, latency, seconds, least) in
        [(200, 2_000, 60, 75), (200, 2_000, 600, 95), (20, 10_000, 600, 35), (50, 5_000, 600, 55)]
    {
        let provider = Provider { latency, rate: Some(rate), ..PARALLEL };
        let played = play(provider, 4_096, seconds);
        let possible = usize::try_from(rate * seconds).expect("few");
        assert!(played.refused > 0, "{rate}: {played:?}");
        assert!(played.refused * 50 < played.answered, "{rate}: {played:?}");
        assert!(played.answered * 100 > possible * least, "{rate} of {possible}: {played:?}");
    }
}

#[test]
fn a_refusal_in_a_bad_moment_is_forgotten() {
    let mut window = Window::new();
    window.widen(512);
    let sent: Vec<Sent> = (0..8).map(|_| window.send(Duration::ZERO)).collect();
    for sent in sent {
        window.end(sent, Ending::Limited, Duration::from_millis(10));
    }
    assert_eq!(window.allowed(), 5);
    for second in 1..60 {
        let now = Duration::from_secs(second);
        let sent: Vec<Sent> =
            (window.in_flight()..window.allowed()).map(|_| window.send(now)).collect();
        for sent in sent {
            window.end(sent, Ending::Answered, now + Duration::from_millis(990));
        }
    }
    assert_eq!(window.allowed(), 512);
}
