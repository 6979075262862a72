import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { readMessages } from './message';
import type { Api, TopicResource } from './pubsub-api';
import type { Store } from './store';
import { applyMask, pageOf, unary } from './unary';

/** `google.pubsub.v1.Publisher` on a store. Snapshots and detaching are left out: UNIMPLEMENTED. */
export function createPublisherService(store: Store): UntypedServiceImplementation {
  return {
    createTopic: unary((topic: TopicResource) => store.topics.create(topic)),
    getTopic: unary(({ topic }: Api<'GetTopicRequest'>) => store.topics.get(topic ?? '')),
    updateTopic: unary(({ topic, updateMask }: Api<'UpdateTopicRequest'>) => {
      const current = store.topics.get(topic?.name ?? '');
      return store.topics.update(applyMask(current, { ...topic }, updateMask?.paths ?? []));
    }),
    deleteTopic: unary(({ topic }: Api<'DeleteTopicRequest'>) => {
      store.deleteTopic(topic ?? '');
      return {};
    }),
    listTopics: unary((request: Api<'ListTopicsRequest'>) => {
      const prefix = `${request.project ?? ''}/`;
      const all = store.topics.list().filter(({ name }) => name?.startsWith(prefix));
      const { items, nextPageToken } = pageOf(all, request);
      return { topics: items, nextPageToken };
    }),
    listTopicSubscriptions: unary((request: Api<'ListTopicSubscriptionsRequest'>) => {
      const { name: topic } = store.topics.get(request.topic ?? '');
      const all = store
        .subscriptions()
        .filter((subscription) => subscription.resource().topic === topic);
      const { items, nextPageToken } = pageOf(all, request);
      return { subscriptions: items.map(({ name }) => name), nextPageToken };
    }),
    publish: unary(({ topic, messages }: Api<'PublishRequest'>) => ({
      messageIds: store.publish(topic ?? '', readMessages(messages ?? [])),
    })),
  };
}
