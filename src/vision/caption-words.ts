/**
 * Words that stand on or around Pakistani plates and are not the mark. They are dropped from the text and kept as cues to the
 * jurisdiction. Longer ones may be misread by a letter or two: small captions are where a recogniser fails first.
 */
const captions = [
  'PUNJAB', 'SINDH', 'BALOCHISTAN', 'BALUCHISTAN', 'KPK', 'KHYBER', 'PAKHTUNKHWA', 'KHYBERPAKHTUNKHWA', 'NWFP', 'ICT', 'ISLAMABAD', 'ICTISLAMABAD', 'AJK', 'AZADKASHMIR',
  'AJKASHMIR', 'GILGITBALTISTAN', 'GILGIT', 'PAKISTAN', 'ETNC', 'EXCISE', 'GOVT', 'GOVERNMENT', 'GOVTOFSINDH', 'GOVTOFPUNJAB', 'GOVTOFPAKISTAN', 'GOVTOFBALOCHISTAN', 'GOVTOFKPK',
  'QUETTA', 'LASBELA', 'PISHIN', 'CHAMAN', 'KALAT', 'KHUZDAR', 'TURBAT', 'KECH', 'GWADAR', 'SIBI', 'LORALAI', 'ZHOB', 'NASEERABAD', 'JAFFARABAD', 'MASTUNG', 'NUSHKI',
  'KARACHI', 'HYDERABAD', 'SUKKUR', 'LARKANA', 'PESHAWAR', 'MARDAN', 'SWAT', 'ABBOTTABAD', 'BANNU', 'KOHAT', 'NOWSHERA', 'CHARSADDA', 'MUZAFFARABAD', 'MIRPUR', 'LAHORE',
  'RAWALPINDI', 'FAISALABAD', 'MULTAN', 'POLICE', 'PRESS', 'ADVOCATE', 'ARMY', 'TAXI', 'LEARNER', 'SCHOOLVAN', 'HONDA', 'SUZUKI', 'TOYOTA', 'MOTORS', 'PAKWHEELS', 'PAKWHEELSCOM',
] as const;

/** The caption that letters read from a plate most likely are; null when they are none. */
export function captionOf(text: string): string | null {
  let best: string | null = null, bestDistance = Infinity;
  for (const caption of captions) {
    const allowed = caption.length <= 3 ? 0 : caption.length <= 4 ? 0 : caption.length <= 6 ? 2 : 3;
    if (Math.abs(caption.length - text.length) > allowed) continue;
    const distance = editDistance(asLetters(text), caption);
    if (distance <= allowed && distance < bestDistance) { best = caption; bestDistance = distance; }
  }
  return best;
}

/** Captions hold letters alone, so a digit in one is a misread letter. */
function asLetters(text: string): string {
  return text.replace(/[01258]/g, (digit) => ({ 0: 'O', 1: 'I', 2: 'Z', 5: 'S', 8: 'B' })[digit] ?? digit);
}

export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    previous = current;
  }
  return previous[b.length]!;
}
