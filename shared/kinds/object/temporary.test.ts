import { isTemporaryObject } from './reference';

const GCLOUD = 'gcloud/tmp/parallel_composite_uploads/see_gcloud_storage_cp_help_for_details';
const GSUTIL = 'gsutil/tmp/parallel_composite_uploads/for_details_see/gsutil_help_cp';

it.each([
  `${GCLOUD}/2024-11-24T11:00:00.123_0f1e2d3c_7`,
  `models/v7/${GCLOUD}/0f1e2d3c_7`,
  `/${GSUTIL}/0f1e2d3c_7`,
  `5c1a/${GSUTIL}/0f1e2d3c_7`,
  'gcs-go-sdk-pu-tmp/0b7e5a/part-1',
  '.gcsfuse_tmp/8f7e6d',
  'QUJDREVGR0g;aGFzaC1vZi10aGUtbmFtZQ;0001-0001.part',
  'models/v7.bin/QUJDREVGR0g;aGFzaC1vZi10aGUtbmFtZQ==;0001-0032.part',
])('knows a part of an upload: %s', (name) => expect(isTemporaryObject(name)).toBe(true));

it.each([
  'gcloud/tmp/model.bin',
  'mygcloud/tmp/parallel_composite_uploads/x',
  'gcloud/tmp/parallel_composite_uploads',
  'docs/gcs-go-sdk-pu-tmp.md',
  'film.part',
  'a;b.part',
  'a;b;c.part',
  'a;b;0001.part.md',
])('takes anything else for what it is: %s', (name) => expect(isTemporaryObject(name)).toBe(false));
