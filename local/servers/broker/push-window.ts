/**
 * How many pushes may be on their way at once: few at first, one more for each success (which doubles the window
 * in each round of answers), half as many after a failure, as Pub/Sub's slow start
 * (https://docs.cloud.google.com/pubsub/docs/push#push_flow_control).
 */
export interface PushWindow {
  report(acked: boolean): void;
  size(): number;
}

const FIRST = 5;

export function createPushWindow(largest: number): PushWindow {
  let size = Math.min(FIRST, largest);
  return {
    report(acked) {
      size = acked ? Math.min(largest, size + 1) : Math.max(1, Math.floor(size / 2));
    },
    size: () => size,
  };
}
