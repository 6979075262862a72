import { createEvents, type EventKinds } from '../jobs/events';
import { imageEvents } from './image/event';
import { objectEvents } from './object/event';
import { templateEvents } from './template/event';

/** What tells of each kind. */
export const EVENT_KINDS: EventKinds = {
  image: imageEvents,
  template: templateEvents,
  object: objectEvents,
};

/** What can be asked about an event of whatever kind. */
export const events = createEvents(EVENT_KINDS);
