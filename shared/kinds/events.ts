import { createEvents } from '../jobs/events';
import { imageEvents } from './image/event';
import { objectEvents } from './object/event';
import { templateEvents } from './template/event';

/** What tells of each kind. */
export const events = createEvents({
  image: imageEvents,
  template: templateEvents,
  object: objectEvents,
});
