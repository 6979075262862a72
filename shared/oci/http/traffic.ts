/** What a client has sent and received, counted for one copy. */
export interface Traffic {
  requests: number;
  /** Blob and manifest bytes read from registries. */
  bytesRead: number;
  /** Blob and manifest bytes written to registries. */
  bytesWritten: number;
  /**
   * How often the write of a tag was sent and had no clear answer: none at all, 408, 499 or 5xx. The registry may carry
   * it out late, over what others write meanwhile, and so even where the next try succeeded.
   */
  unconfirmedTagWrites: number;
}

export function emptyTraffic(): Traffic {
  return { requests: 0, bytesRead: 0, bytesWritten: 0, unconfirmedTagWrites: 0 };
}
