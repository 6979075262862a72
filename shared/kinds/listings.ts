import type { InventoryKinds } from '../inventory/inspection';
import { openImageInspection } from './image/inspection';
import { openImageListing } from './image/listing';
import { openObjectInspection } from './object/inspection';
import { openObjectListing } from './object/listing';
import { openTemplateInspection } from './template/inspection';
import { openTemplateListing } from './template/listing';

/** How each kind's sources are listed, and its targets compared with them. */
export const INVENTORY_KINDS: InventoryKinds = {
  image: { openListing: openImageListing, openInspection: openImageInspection },
  template: { openListing: openTemplateListing, openInspection: openTemplateInspection },
  object: { openListing: openObjectListing, openInspection: openObjectInspection },
};
