//! Paces in time that passes by itself.

use super::*;

fn limits(concurrency: usize) -> Limits {
    Limits { concurrency, requests_per_minute: None, tokens_per_minute: None }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().expect("a runtime").block_on(future)
}

#[test]
fn what_goes_on_with_something_is_asked_before_hundreds_that_begin() {
    block_on(async {
        let membership = Arc::new(Paces::default().of("http://x", "KEY").join(limits(1)));
        let under_way = membership.permit(Urgency::Fresh, 0).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut asked = Vec::new();
        let urgencies = [Urgency::Fresh; 300].into_iter().chain([Urgency::First; 2]);
        for (number, urgency) in urgencies.enumerate() {
            let (membership, order) = (Arc::clone(&membership), Arc::clone(&order));
            asked.push(tokio::spawn(async move {
                let permit = membership.permit(urgency, 0).await;
                order.lock().expect("no test panics with it").push(number);
                permit.answered(None);
            }));
            tokio::task::yield_now().await;
        }
        under_way.answered(None);
        for task in asked {
            task.await.expect("it is asked");
        }
        let order = order.lock().expect("no test panics with it");
        assert_eq!(order[..4], [300, 301, 0, 1]);
    });
}

#[test]
fn a_provider_that_asks_to_wait_is_asked_by_nobody_meanwhile() {
    block_on(async {
        let mut paces = Paces::default();
        let one = paces.of("http://x", "KEY").join(limits(8));
        let other = paces.of("http://x", "KEY").join(limits(8));
        let elsewhere = paces.of("http://x", "OTHER_KEY").join(limits(8));
        let permit = one.permit(Urgency::Fresh, 0).await;
        permit.failed(Trouble::Limited { wait: Some(Duration::from_secs(20)) });
        let start = Instant::now();
        elsewhere.permit(Urgency::Fresh, 0).await.answered(None);
        assert_eq!(start.elapsed(), Duration::ZERO, "another key has limits of its own");
        other.permit(Urgency::Fresh, 0).await.answered(None);
        assert!(start.elapsed() >= Duration::from_secs(20), "{:?}", start.elapsed());
    });
}

#[test]
fn requests_and_tokens_are_capped_for_each_who_asks() {
    let check = |requests: Option<u64>, tokens: Option<u64>, expect: u64| {
        block_on(async {
            let mut paces = Paces::default();
            let capped = Limits {
                concurrency: 8,
                requests_per_minute: requests.and_then(NonZeroU64::new),
                tokens_per_minute: tokens.and_then(NonZeroU64::new),
            };
            let membership = paces.of("http://x", "KEY").join(capped);
            let other = paces.of("http://x", "KEY").join(limits(8));
            let start = Instant::now();
            for _ in 0..31 {
                let permit = membership.permit(Urgency::Fresh, 400).await;
                other.permit(Urgency::Fresh, 400).await.answered(None);
                let used = Tokens { input: 100, output: 100, ..Tokens::default() };
                permit.answered(Some(used));
            }
            let seconds = start.elapsed().as_secs();
            assert!(seconds.abs_diff(expect) <= 1, "{requests:?} {tokens:?}: {seconds} s");
        });
    };
    check(None, None, 0);
    check(Some(60), None, 30);
    check(None, Some(6_000), 60);
    check(Some(60), Some(6_000), 60);
}

#[test]
fn who_is_gone_keeps_nobody_waiting() {
    block_on(async {
        let membership = Arc::new(Paces::default().of("http://x", "KEY").join(limits(1)));
        let under_way = membership.permit(Urgency::Fresh, 0).await;
        let gone =
            tokio::time::timeout(Duration::from_secs(1), membership.permit(Urgency::Fresh, 0));
        gone.await.expect_err("only one is allowed");
        drop(under_way);
        membership.permit(Urgency::Fresh, 0).await.answered(None);
        assert_eq!(membership.pace.view().in_flight, 0);
    });
}
