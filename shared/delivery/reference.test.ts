import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  failureList,
  releaseEventColumns,
  releaseEventJsonSchema,
  releaseEventTable,
} from './reference';

describe('failure reference', () => {
  it('is up to date in docs/operations.md (else: npm run schema)', () => {
    const document = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
    expect(document).toContain(
      `<!-- failures:begin -->\n\n${failureList()}\n\n<!-- failures:end -->`,
    );
  });
});

describe('release event reference', () => {
  const root = join(__dirname, '../..');
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');

  describe('the published descriptions of release events (to update: npm run schema)', () => {
    it('match docs/release-events.md', () => {
      const unpadded = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
      expect(unpadded(read('docs/release-events.md'))).toContain(unpadded(releaseEventTable()));
    });

    it('match the JSON schema', () => {
      expect(JSON.parse(read('docs/release-event.schema.json'))).toEqual(
        JSON.parse(JSON.stringify(releaseEventJsonSchema())),
      );
    });

    it('match the columns of the table that Terraform creates', () => {
      const columns = releaseEventColumns();
      expect(JSON.parse(read('infra/release-events.bigquery.json'))).toEqual(
        JSON.parse(JSON.stringify(columns)),
      );
      expect(columns).toContainEqual(
        expect.objectContaining({ name: 'time', type: 'TIMESTAMP', mode: 'REQUIRED' }),
      );
      const { fields } = columns.find(({ name }) => name === 'data')!;
      expect(fields).toContainEqual(
        expect.objectContaining({ name: 'bytes', type: 'INTEGER', mode: 'NULLABLE' }),
      );
      expect(fields).toContainEqual(expect.objectContaining({ name: 'duration', type: 'FLOAT' }));
    });
  });
});
