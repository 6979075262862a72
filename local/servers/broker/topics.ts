import { checkName, found } from './names';
import type { TopicResource } from './pubsub-api';
import { alreadyExists } from './status-error';

/** The topics by name. Every method throws {@link StatusError} as Pub/Sub answers. */
export interface Topics {
  create(topic: TopicResource): TopicResource;
  replace(name: string, topic: TopicResource): TopicResource;
  get(name: string): TopicResource;
  has(name: string): boolean;
  list(): TopicResource[];
  delete(name: string): void;
}

export function createTopics(): Topics {
  const topics = new Map<string, TopicResource>();
  const get = (name: string) => found(topics, name);
  const put = (name: string, topic: TopicResource) => {
    topics.set(name, topic);
    return topic;
  };
  return {
    create(topic) {
      const name = checkName(topic.name, 'topics');
      if (topics.has(name)) throw alreadyExists(name);
      return put(name, topic);
    },
    replace(name, topic) {
      get(name);
      return put(name, topic);
    },
    get,
    has: (name) => topics.has(name),
    list: () => [...topics.values()],
    delete(name) {
      get(name);
      topics.delete(name);
    },
  };
}
