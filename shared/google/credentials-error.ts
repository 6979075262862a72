/** No access token could be obtained; the message says what to do. */
export class GoogleCredentialsError extends Error {
  override readonly name = 'GoogleCredentialsError';
}
