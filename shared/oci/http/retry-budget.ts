/** How many more requests a copy may repeat, and blobs it may begin again; shared by all that it does. */
export interface RetryBudget {
  remaining: number;
}

/** What needs more repeats than these in one attempt is for another attempt. */
const REPEATS = 20;

export function createRetryBudget(): RetryBudget {
  return { remaining: REPEATS };
}
