import { createEvents, type EventKinds } from '../jobs/events';
import { imageEvents } from './image/event';
import { objectEvents } from './object/event';
import { templateEvents } from './template/event';

/** The events of each kind. */
export const EVENT_KINDS: EventKinds = {
  image: imageEvents,
  template: templateEvents,
  object: objectEvents,
};

/** Reads events of all kinds. */
export const events = createEvents(EVENT_KINDS);
