import { serviceMessage } from './service-message';

it.each([
  [
    '5 NOT_FOUND: Resource not found (resource=copy-jobs).',
    '5 NOT_FOUND: Resource not found (resource=copy-jobs).',
  ],
  [
    'Total timeout of API google.pubsub.v1.Publisher exceeded 15000 milliseconds retrying error Error: 14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note:   before any response was received. : Previous errors : [{message: 14 UNAVAILABLE: No\nconnection, code: 14, details: , note: },{message: again}]',
    'Total timeout of API google.pubsub.v1.Publisher exceeded 15000 milliseconds: 14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. before any response was received.',
  ],
  [
    'Could not load the default credentials. Browse to https://cloud.google.com/docs/authentication/getting-started for more information.',
    'Could not load the default credentials. Elsewhere than on Google Cloud, run "gcloud auth application-default login".',
  ],
])('says %j in short', (message, short) => {
  expect(serviceMessage(new Error(message))).toBe(short);
});

it('accepts a value that is not an error', () => {
  expect(serviceMessage('why')).toBe('why');
});
