/** What a registration mark is written with: the order of every probability vector in this room. */
export const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export const digitCount = 10;

export function isDigitIndex(index: number): boolean {
  return index < digitCount;
}

/**
 * Where the probability of a recogniser's symbol goes. A general text recogniser spreads one plate glyph over symbols that a plate cannot
 * hold: small letters, a ring, a bar. Each counts for the marks it looks like on a plate; shares sum to 1.
 */
export function sharesOf(symbol: string): readonly { readonly char: string; readonly share: number }[] {
  const wide = symbol.length === 1 && symbol >= '！' && symbol <= '～' ? String.fromCharCode(symbol.charCodeAt(0) - 0xfee0) : symbol;
  const special = lookAlikes[wide];
  if (special !== undefined) return [...special].map((char) => ({ char, share: 1 / special.length }));
  const upper = wide.toUpperCase();
  return upper.length === 1 && alphabet.includes(upper) ? [{ char: upper, share: 1 }] : [];
}

const lookAlikes: Readonly<Record<string, string>> = {
  o: 'O0', l: '1I', '|': '1I', i: '1I', '!': '1I', b: 'B6', g: 'G9', q: 'Q9', z: 'Z2', s: 'S5', '口': 'O0', '〇': 'O0', '○': 'O0', 'Ω': 'O0', 'Ø': '0', '日': 'B8', '工': 'I', '丁': 'T', '〡': '1I',
};

/** Marks between the parts of a plate: hyphen, dot, bolt, space. They carry no meaning, but tell where a part ends. */
export function isSeparator(symbol: string): boolean {
  return symbol !== '' && ' -–—_·•.:,;~`\'"*/\\°^=+<>()[]{}《》【】“”‘’、。．，：；—…・'.includes(symbol);
}
