export interface CustomerPlan {
  readonly name: string;
  /** All that it has is down at first. */
  readonly isDown: boolean;
}

/** The last one is down at first. */
export function planCustomers(count: number): CustomerPlan[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `customer-${at}`,
    isDown: at === count - 1,
  }));
}
