import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PublishEnd } from './faults';
import { readMessages } from './message';
import type { Request, TopicResource } from './pubsub-api';
import type { Store } from './store';
import { StatusError } from './status-error';
import { pageOf, readUpdate, unary } from './unary';

/** `google.pubsub.v1.Publisher` on a store. Snapshots and detaching are left out: UNIMPLEMENTED. */
export function createPublisherService(
  store: Store,
  publishEnd: () => PublishEnd = () => 'published',
): UntypedServiceImplementation {
  return {
    createTopic: unary((topic: TopicResource) => store.topics.create(topic)),
    getTopic: unary(({ topic }: Request<'GetTopicRequest'>) => store.topics.get(topic)),
    updateTopic: unary(({ topic, updateMask }: Request<'UpdateTopicRequest'>) => {
      const { name, applyTo } = readUpdate(topic, updateMask);
      return store.topics.replace(name, applyTo(store.topics.get(name)));
    }),
    deleteTopic: unary(({ topic }: Request<'DeleteTopicRequest'>) => {
      store.deleteTopic(topic);
      return {};
    }),
    listTopics: unary((request: Request<'ListTopicsRequest'>) => {
      const prefix = `${request.project}/`;
      const all = store.topics.list().filter(({ name }) => name?.startsWith(prefix));
      const { items, nextPageToken } = pageOf(all, request);
      return { topics: items, nextPageToken };
    }),
    listTopicSubscriptions: unary((request: Request<'ListTopicSubscriptionsRequest'>) => {
      const { name: topic } = store.topics.get(request.topic);
      const all = store
        .subscriptions()
        .filter((subscription) => subscription.resource().topic === topic);
      const { items, nextPageToken } = pageOf(all, request);
      return { subscriptions: items.map(({ name }) => name), nextPageToken };
    }),
    publish: unary(({ topic, messages }: Request<'PublishRequest'>) => {
      const end = publishEnd();
      const messageIds = end === 'refused' ? [] : store.publish(topic, readMessages(messages));
      if (end === 'published') return { messageIds };
      throw new StatusError(status.PERMISSION_DENIED, 'The publish is refused on purpose.');
    }),
  };
}
