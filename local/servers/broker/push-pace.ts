/**
 * How Pub/Sub slows a whole push subscription down whose endpoint refuses often: deliveries that "range between
 * 100 milliseconds to 60 seconds" apart, "based on the number of negative acknowledgments"
 * (https://docs.cloud.google.com/pubsub/docs/push#push_backoff). Google documents two points and no formula: one
 * refusal in five gives about 500 ms, refusals alone give 30 to 60 s. This curve goes through both:
 *
 *     delay = 100 ms x 600^share
 *
 * where `share` is the share of refusals among the last deliveries, each weighing a tenth less than the next. A
 * subscription that refuses seldom is not slowed.
 */
export interface PushPace {
  /** Reports how a delivery ended. */
  report(acked: boolean): void;
  /** Milliseconds between two deliveries, as things stand; 0: as fast as the window allows. */
  delay(): number;
}

const FASTEST = 100;
const SLOWEST = 60_000;
const WEIGHT = 0.1;
const SELDOM = 0.05;

export function createPushPace(): PushPace {
  let share = 0;
  return {
    report(acked) {
      share += WEIGHT * ((acked ? 0 : 1) - share);
    },
    delay: () => (share < SELDOM ? 0 : FASTEST * (SLOWEST / FASTEST) ** share),
  };
}
