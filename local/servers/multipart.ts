/** One part of a multipart body (RFC 2046, 5.1): its header lines and its content. */
export interface Part {
  readonly head: string;
  readonly body: Buffer;
}

/** The parts of a body whose `content-type` names a boundary; a part that is cut off is left out. */
export function partsOf(contentType: string, body: Buffer): Part[] {
  const [, quoted, bare = ''] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const mark = `--${quoted ?? bare}`;
  const parts: Part[] = [];
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(`\r\n${mark}`, at);
    const blank = body.indexOf('\r\n\r\n', at);
    if (next < 0 || blank < 0) break;
    const head = body.subarray(at + mark.length, blank).toString('utf8');
    parts.push({ head, body: body.subarray(blank + 4, Math.max(next, blank + 4)) });
    at = next + 2;
  }
  return parts;
}
