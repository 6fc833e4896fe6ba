import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { refusedFor, type Read } from './reading-faults.ts';

/** An element: its text where it has nothing else, else its children and (under `@`) attributes by name without prefix. */
export type XmlNode = string | { readonly [name: string]: XmlNode | readonly XmlNode[] };

/** Some cameras put their pictures in as base64. */
const LONGEST_BYTES = 4 * 1024 * 1024;
const LONGEST_TAG = 8192;
const MOST_TAGS = 20_000;
const DEEPEST = 40;

const parser = new XMLParser({
  ignoreAttributes: false, attributeNamePrefix: '@', removeNSPrefix: true, parseTagValue: false, parseAttributeValue: false,
  processEntities: false, maxNestedTags: DEEPEST, ignoreDeclaration: true, ignorePiTags: true,
});

/**
 * The root element of an XML document. Document types are refused, whatever they hold, and entities are not expanded: what can grow or
 * fetch is never begun. Length, tags, their length and depth are bounded before the parser sees them.
 */
export function readXml(bytes: Buffer): Read<{ readonly name: string; readonly node: XmlNode }> {
  if (bytes.length > LONGEST_BYTES) return refusedFor('', `the XML has ${bytes.length} bytes; at most ${LONGEST_BYTES} are read`);
  const text = new TextDecoder('utf-8').decode(bytes).trim();
  const tooMuch = beyondBounds(text);
  if (tooMuch !== null) return refusedFor('', tooMuch);
  const wellFormed = XMLValidator.validate(text);
  if (wellFormed !== true) return refusedFor('', `it is no well-formed XML: ${wellFormed.err.msg.replaceAll(/\s+/g, ' ').slice(0, 200)} (line ${wellFormed.err.line})`);
  try {
    const parsed = parser.parse(text) as Record<string, XmlNode | readonly XmlNode[]>;
    const [name, node] = Object.entries(parsed)[0] ?? [];
    if (name === undefined || node === undefined) return refusedFor('', 'the XML has no element');
    return { kind: 'value', value: { name, node: Array.isArray(node) ? node[0] as XmlNode : node as XmlNode } };
  } catch (error) {
    return refusedFor('', `it is no XML that can be read: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown fault'}`);
  }
}

/** One look over the text, in time that grows with its length alone; what is too much of it, or null. */
function beyondBounds(text: string): string | null {
  let tags = 0, depth = 0;
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at)) {
    if (text.startsWith('<!--', at) || text.startsWith('<![CDATA[', at)) {
      const close = text[at + 2] === '-' ? '-->' : ']]>';
      const end = text.indexOf(close, at);
      if (end === -1) return `a comment or CDATA section is not closed with ${close}`;
      at = end + close.length;
      continue;
    }
    if (text[at + 1] === '!') return 'it has a document type or an entity declaration; XML with these is not read';
    const end = tagEnd(text, at);
    if (end === -1) return `a tag is not closed, or longer than ${LONGEST_TAG} characters`;
    if (++tags > MOST_TAGS) return `it has more than ${MOST_TAGS} tags`;
    if (text[at + 1] === '/') depth--;
    else if (text[at + 1] !== '?' && text[end - 1] !== '/') depth++;
    if (depth > DEEPEST) return `it is nested more than ${DEEPEST} deep`;
    at = end;
  }
  return null;
}

/** Where the tag that begins at `from` closes, quoted `>` left out; -1 when it is too long. */
function tagEnd(text: string, from: number): number {
  let quote = '';
  const limit = Math.min(text.length, from + LONGEST_TAG);
  for (let at = from + 1; at < limit; at++) {
    const char = text[at] as string;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return at;
  }
  return -1;
}

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** XML's own five, once; numbered characters stay as written (no plate has any). */
const unescaped = (text: string): string => text.replaceAll(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => PREDEFINED[name] ?? '');

/** All children of a name. Own properties only: an element may be called `constructor`. */
export function childrenOf(node: XmlNode | null, name: string): readonly XmlNode[] {
  if (node === null || typeof node === 'string' || !Object.hasOwn(node, name)) return [];
  const found = node[name] as XmlNode | readonly XmlNode[];
  return Array.isArray(found) ? found as readonly XmlNode[] : [found as XmlNode];
}

/** The first child that the path leads to, or null. */
export function childAt(node: XmlNode | null, ...path: readonly string[]): XmlNode | null {
  return path.reduce<XmlNode | null>((at, name) => childrenOf(at, name)[0] ?? null, node);
}

/** The text of an element, trimmed; null where there is none. */
export function textOf(node: XmlNode | null, ...path: readonly string[]): string | null {
  const found = childAt(node, ...path);
  const text = typeof found === 'string' ? found : found === null ? null : childAt(found, '#text');
  return typeof text === 'string' && text.trim() !== '' ? unescaped(text.trim()) : null;
}

export const attributeOf = (node: XmlNode | null, name: string): string | null => textOf(node, `@${name}`);
