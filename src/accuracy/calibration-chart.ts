import { shareInterval, type Calibration } from './calibration.ts';
import { COLOURS, escaped } from './markup.ts';

const SIDE = 260, LEFT = 46, TOP = 30, COUNTS = 34, WIDTH = LEFT + SIDE + 18, HEIGHT = TOP + SIDE + COUNTS + 52;
const x = (share: number): number => round(LEFT + share * SIDE);
const y = (share: number): number => round(TOP + (1 - share) * SIDE);

/**
 * Reliability diagram as a picture file of its own: a point for each tenth of confidence in which there are reads, with the span in which the
 * true share lies 95 times of 100, and the number of reads under it. On the dashed line the confidence means what it says.
 */
export function calibrationChart(reader: string, calibration: Calibration): string {
  const points = calibration.bins.filter((bin) => bin.n > 0).map((bin) => {
    const share = bin.right / bin.n, [low, high] = shareInterval(bin.right, bin.n), at = x(bin.meanConfidence);
    return `<path class="span" d="M${at} ${y(low)}V${y(high)}"/><circle cx="${at}" cy="${y(share)}" r="4.5"><title>${bin.right} of ${bin.n} right at confidence ${bin.from.toFixed(1)} to ${bin.to.toFixed(1)}</title></circle>`;
  });
  const counts = calibration.bins.filter((bin) => bin.n > 0).map((bin) => `<text class="count" x="${x((bin.from + bin.to) / 2)}" y="${TOP + SIDE + 36}">${bin.n}</text>`);
  const ticks = [0, 0.5, 1].map((t) => `<text class="tick" x="${x(t)}" y="${TOP + SIDE + 18}">${t}</text><text class="tick left" x="${LEFT - 8}" y="${y(t) + 4}">${t}</text>`);
  const told = calibration.bins.filter((bin) => bin.n > 0).map((bin) => `${bin.from.toFixed(1)}–${bin.to.toFixed(1)}: ${bin.right} of ${bin.n}`).join('; ') || 'no reads';
  return `<svg xmlns="http://www.w3.org/2000/svg" class="calibration" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
<title>Confidence of ${escaped(reader)} against the share that is right</title><desc>Right marks by confidence: ${told}.</desc>
<style>${COLOURS}
.calibration { background: var(--ground); font: 12px system-ui, sans-serif; } .calibration text { fill: var(--faint); text-anchor: middle; } .calibration .left { text-anchor: end; } .calibration .start { text-anchor: start; }
.calibration .axis { stroke: var(--rule); fill: none; } .calibration .even { stroke: var(--faint); stroke-dasharray: 3 4; } .calibration .span { stroke: var(--mark); stroke-width: 1.5; opacity: .5; } .calibration circle { fill: var(--mark); } .calibration .count { font-size: 10px; }</style>
<path class="axis" d="M${LEFT} ${TOP}V${TOP + SIDE}H${LEFT + SIDE}"/><path class="even" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}"/>
${ticks.join('')}
<text class="start" x="8" y="14">share right</text>
${points.join('\n')}
${counts.join('')}<text class="left count" x="${LEFT - 8}" y="${TOP + SIDE + 36}">reads</text>
<text x="${x(0.5)}" y="${HEIGHT - 18}">confidence</text>
</svg>
`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
