//! What the server does without any validation: the messages of one, sent as fast as it answers.

use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{Consumer, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt as _;

/// Bytes of what a small validation sends: its artifact, its job, a claim and its result.
const ARTIFACT: usize = 4_000;
const JOB: usize = 1_500;
const CLAIM: usize = 150;
const RESULT: usize = 4_000;

/// Validations that are under way at the same time.
const AT_ONCE: usize = 256;

/// How many validations a second the server would carry, with the streams that a fleet has made.
pub(crate) fn per_second(url: &str, seconds: u64) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let client = async_nats::connect(url).await.expect("it answers");
        let context = jetstream::new(client);
        let stream = context.get_stream("assay-jobs").await.expect("a stream");
        let consumer: Consumer<pull::Config> =
            stream.get_consumer("workers").await.expect("a consumer");
        let start = Instant::now();
        let end = start + Duration::from_secs(seconds);
        let tasks = (0..AT_ONCE).map(|number| {
            let (context, consumer) = (context.clone(), consumer.clone());
            tokio::spawn(async move {
                let mut done = 0_u32;
                while Instant::now() < end {
                    one(&context, &consumer, &format!("{number}-{done}")).await;
                    done += 1;
                }
                done
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.expect("no panic");
        }
        f64::from(done) / start.elapsed().as_secs_f64()
    })
}

async fn one(context: &Context, consumer: &Consumer<pull::Config>, name: &str) {
    publish(context, format!("assay.objects.artifact.bench-{name}.0"), ARTIFACT).await;
    publish(context, format!("assay.jobs.bench.{name}"), JOB).await;
    let batch = consumer.batch().max_messages(1).expires(Duration::from_secs(30));
    let message = batch.messages().await.expect("a request").next().await;
    let message = message.expect("a job is there").expect("a message");
    publish(context, format!("assay.records.bench.{name}"), CLAIM).await;
    let stream = context.get_stream_no_info("assay-objects").await.expect("a stream");
    let object = format!("assay.objects.artifact.bench-{name}.0");
    stream.direct_get_last_for_subject(object).await.expect("the artifact");
    publish(context, format!("assay.records.bench.{name}"), RESULT).await;
    message.double_ack().await.expect("an answer");
}

async fn publish(context: &Context, subject: String, bytes: usize) {
    let message = PublishMessage::build().payload(vec![b'x'; bytes].into());
    let sent = context.send_publish(subject, message).await.expect("it is sent");
    sent.await.expect("it is stored");
}
