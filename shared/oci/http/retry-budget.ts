/** How many more requests a copy may repeat, and blobs it may begin again; shared by all that it does. */
export interface RetryBudget {
  remaining: number;
}

/** A copy that needs more retries in one attempt is tried again later. */
const RETRIES = 20;

export function createRetryBudget(): RetryBudget {
  return { remaining: RETRIES };
}
