// The labelling page. What a person has answered is on the server's disk before the page goes on; everything here can be lost at any time.
const part = (id) => document.getElementById(id);
const [mark, lines, region, close, frame] = ['mark', 'lines', 'region', 'close', 'frame'].map(part);

/** `pictures`: id, file, done of all; `picture`: the one shown, with its plates; `chosen`: index of a plate; `before`: what undo goes back to. */
const state = { pictures: [], done: 0, labelFile: '', id: -1, picture: null, chosen: -1, before: [], busy: false };

// ---- Talking to the server

async function ask(path, options) {
  const answer = await fetch(path, options).catch(() => { throw new Error('The program "darwaza label" does not answer. Start it again and open the address that it prints; what was said to be saved is saved.'); });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
}

/** Tells the server all that is answered of the picture shown. */
async function save(id, plates, finished) {
  const said = plates.filter((plate) => plate.answered).map(({ box, typed, region: from, lines: count, legible, notes }) => ({ box, typed, region: from, lines: count, legible, notes }));
  const { done } = await ask(`api/pictures/${id}`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ plates: said, finished }) });
  state.done = done;
  state.pictures[id].done = finished;
}

/** One thing at a time; a fault is said and nothing is moved on, so that the same key tries again. */
async function alone(work) {
  if (state.busy) return;
  state.busy = true;
  document.body.setAttribute('aria-busy', 'true');
  try {
    part('fault').textContent = '';
    await work();
  } catch (error) {
    part('fault').textContent = error.message;
  } finally {
    state.busy = false;
    document.body.removeAttribute('aria-busy');
  }
}

// ---- Showing

const chosenPlate = () => state.picture?.plates[state.chosen] ?? null;
const tell = (text) => { part('status').textContent = text; };

function svgPart(name, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function rectangle({ x, y, width, height }, className) {
  return svgPart('rect', { x, y, width, height, class: className });
}

function drawPicture() {
  const { picture, id } = state, plate = chosenPlate();
  close.replaceChildren();
  frame.replaceChildren();
  if (picture === null) return;
  const image = () => svgPart('image', { href: `api/pictures/${id}/image`, width: picture.width, height: picture.height });
  frame.setAttribute('viewBox', `0 0 ${picture.width} ${picture.height}`);
  frame.append(image(), ...picture.plates.map((p, i) => rectangle(p.box, `${p.answered ? 'answered' : ''} ${p.legible ? '' : 'illegible'} ${i === state.chosen ? 'chosen' : ''}`)));
  if (plate === null) return;
  close.append(image());
  drawBox();
}

/** Moves the boxes alone: drawing the picture anew at each key would flicker. */
function drawBox() {
  const { box } = chosenPlate(), around = 0.15 * box.width;
  close.setAttribute('viewBox', `${box.x - around} ${box.y - around} ${box.width + 2 * around} ${box.height + 2 * around}`);
  close.querySelector('rect')?.remove();
  close.append(rectangle(box, ''));
  const shown = frame.querySelectorAll('rect')[state.chosen];
  for (const [key, value] of Object.entries(box)) shown?.setAttribute(key, value);
}

function drawPlace() {
  const { pictures, picture, done, labelFile, chosen } = state;
  part('place').textContent = picture === null ? `${done} of ${pictures.length} pictures labelled` : `${picture.file}: ${done} of ${pictures.length} pictures labelled, in ${labelFile}`;
  part('progress').max = Math.max(1, pictures.length);
  part('progress').value = done;
  const plate = chosenPlate(), said = plate === null ? '' : !plate.answered ? 'not answered yet' : plate.legible ? 'answered' : 'nobody can read it';
  part('which').textContent = plate === null ? '' : `Plate ${chosen + 1} of ${picture.plates.length}, ${said}`;
}

function showPlate(index) {
  state.chosen = index;
  const plate = chosenPlate();
  [mark.value, lines.value, region.value] = plate === null ? ['', '', ''] : [plate.typed, plate.lines ?? '', plate.region];
  for (const field of [mark, lines, region]) field.disabled = plate === null;
  drawPicture();
  drawPlace();
  showStored();
  if (plate === null) part('accept').focus();
  else {
    mark.focus();
    mark.select();
  }
}

/** The same rule as `typed-mark.ts`, told while typing; what counts is what the server makes of it. */
function showStored() {
  const typed = mark.value.toUpperCase().trim(), dated = /^([A-Z]{1,4})[\s-]+(\d{2})[\s-]+(\d{1,5})(?:[\s-]*([A-Z]{1,2}))?$/.exec(typed);
  part('stored').textContent = typed === '' ? '' : dated ? `${[dated[1], dated[3], dated[4]].filter(Boolean).join(' ')}, small year ${dated[2]}` : `${typed.replaceAll(/[^A-Z0-9/]/g, '')}, no small year`;
}

// ---- Going from one to another

/** A picture that cannot be read is passed over once it was shown: going on must not come back to it for ever. */
const firstOpen = (from) => state.pictures.findIndex((p) => p.id >= from && !p.done && !p.unusable);

async function showPicture(id, chosen) {
  [state.id, state.picture, state.chosen] = [id, null, -1];
  drawPicture();
  try {
    state.picture = await ask(`api/pictures/${id}`);
  } catch (error) {
    state.pictures[id].unusable = true;
    showPlate(-1);
    part('place').textContent = state.pictures[id]?.file ?? '';
    tell(`${state.pictures[id]?.file} cannot be labelled. Enter goes on to the next one.`);
    throw error;
  }
  const { plates, file, finished } = state.picture, open = plates.findIndex((plate) => !plate.answered);
  showPlate(chosen ?? (open === -1 ? plates.length - 1 : open));
  const read = plates.map((plate) => plate.typed || 'nothing').join(', '), count = plates.length === 1 ? '1 plate' : `${plates.length} plates`;
  if (plates.length > 0) tell(`${file}: ${count}${finished ? ', labelled already' : `, read as ${read}`}.`);
  else tell(finished ? `${file}: labelled already, no plate. Insert or + adds one.` : `${file}: no plate was found. Enter: there is none. Insert or + adds one.`);
}

async function showNextOpen() {
  const after = firstOpen(state.id + 1), id = after === -1 ? firstOpen(0) : after;
  if (id !== -1) return showPicture(id);
  [state.id, state.picture] = [-1, null];
  showPlate(-1);
  const left = state.pictures.filter((p) => !p.done);
  tell(left.length === 0 ? `All ${state.pictures.length} pictures are labelled. The labels are in ${state.labelFile}; this page can be closed.` : `${left.length} ${left.length === 1 ? 'picture cannot' : 'pictures cannot'} be read: ${left.map((p) => p.file).join(', ')}. All others are labelled.`);
}

function remember() {
  state.before.push({ id: state.id, chosen: state.chosen, done: state.pictures[state.id].done, plates: structuredClone(state.picture.plates) });
}

/** Saves the plates as they now are, then shows what is to be answered next. Where saving fails, the page is as it was before the answer. */
async function answered(change, text) {
  remember();
  const kept = structuredClone(state.picture.plates), at = state.chosen;
  change(state.picture.plates);
  const { plates } = state.picture, open = plates.findIndex((plate) => !plate.answered);
  try {
    await save(state.id, plates, open === -1);
  } catch (error) {
    state.before.pop();
    state.picture.plates = kept;
    state.chosen = at;
    throw error;
  }
  const after = plates.findIndex((plate, i) => i >= at && !plate.answered);
  tell('');
  try {
    if (open === -1) await showNextOpen();
    else showPlate(after === -1 ? open : after);
  } finally {
    tell(`${text} Saved. ${part('status').textContent}`);
  }
}

// ---- What a person can do

function takeFields(plate) {
  const count = lines.value.trim();
  if (count !== '' && !/^[1-4]$/.test(count)) throw new Error('Lines: a number from 1 to 4, or nothing.');
  Object.assign(plate, { typed: mark.value.toUpperCase().trim(), lines: count === '' ? null : Number(count), region: region.value.trim() });
}

const acts = {
  async accept() {
    if (state.picture === null) return showNextOpen();
    const plate = chosenPlate();
    if (plate === null) return answered(() => undefined, 'No plate.');
    if (!/[A-Z0-9]/i.test(mark.value)) throw new Error('Type the mark, or say that nobody can read it (Ctrl Enter) or that it is not a plate (Ctrl Delete).');
    await answered((plates) => {
      takeFields(plates[state.chosen]);
      Object.assign(plates[state.chosen], { legible: true, answered: true });
    }, `${mark.value.toUpperCase().trim()}.`);
  },
  async illegible() {
    if (chosenPlate() === null) return;
    await answered((plates) => {
      takeFields(plates[state.chosen]);
      Object.assign(plates[state.chosen], { legible: false, answered: true });
    }, 'Nobody can read it.');
  },
  async remove() {
    if (chosenPlate() !== null) await answered((plates) => plates.splice(state.chosen, 1), 'Not a plate.');
  },
  async add() {
    if (state.picture === null) return;
    const { width, height } = state.picture, size = Math.round(width / 8);
    addPlate({ x: Math.round((width - size) / 2), y: Math.round((height - size / 3) / 2), width: size, height: Math.round(size / 3) });
  },
  async previousPlate() { stepPlate(-1); },
  async nextPlate() { stepPlate(1); },
  async previousPicture() { await stepPicture(-1); },
  async nextPicture() { await stepPicture(1); },
  async undo() {
    const last = state.before.at(-1);
    if (last === undefined) return tell('There is nothing to undo.');
    await save(last.id, last.plates, last.done);
    state.before.pop();
    await showPicture(last.id, last.chosen);
    // Proposals that were taken away or not yet answered come back as they were.
    state.picture.plates = last.plates;
    showPlate(last.chosen);
    tell('Undone.');
  },
};

function addPlate(box) {
  keepFields();
  state.picture.plates.push({ box, typed: '', region: '', lines: null, legible: true, notes: '', answered: false });
  showPlate(state.picture.plates.length - 1);
  tell('A plate was added. Move its box with Ctrl and arrows, type its mark, then Enter.');
}

/** What is typed stays with its plate when another one is looked at. */
function keepFields() {
  const plate = chosenPlate();
  if (plate === null) return;
  if (plate.typed !== mark.value || String(plate.lines ?? '') !== lines.value || plate.region !== region.value) {
    takeFields(plate);
    plate.answered = false;
  }
}

function stepPlate(by) {
  const count = state.picture?.plates.length ?? 0;
  if (count === 0) return;
  keepFields();
  showPlate((state.chosen + by + count) % count);
  tell(part('which').textContent);
}

async function stepPicture(by) {
  const id = state.id === -1 ? (by > 0 ? 0 : state.pictures.length - 1) : state.id + by;
  if (state.pictures[id] === undefined) return tell(by > 0 ? 'This is the last picture.' : 'This is the first picture.');
  await showPicture(id);
}

let held = 0;
function changeBox(key, sizing, repeated) {
  const plate = chosenPlate();
  if (plate === null || state.picture.crop) return;
  held = repeated ? held + 1 : 0;
  const step = Math.max(1, Math.round(state.picture.width / 800)) * (1 + Math.floor(held / 6)), { box } = plate;
  const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[key];
  if (sizing) [box.width, box.height] = [Math.max(4, box.width + dx), Math.max(4, box.height + dy)];
  else [box.x, box.y] = [Math.max(-box.width / 2, Math.min(state.picture.width - box.width / 2, box.x + dx)), Math.max(-box.height / 2, Math.min(state.picture.height - box.height / 2, box.y + dy))];
  plate.answered = false;
  drawBox();
  drawPlace();
}

function actOf(event) {
  const { key, ctrlKey, metaKey, target } = event, ctrl = ctrlKey || metaKey, onButton = target instanceof HTMLButtonElement;
  if (ctrl && key === 'Enter') return 'illegible';
  if (ctrl && (key === 'Delete' || key === 'Backspace')) return 'remove';
  // While a text is being corrected, Ctrl Z is the field's own undo.
  if (ctrl && key.toLowerCase() === 'z' && !(target === mark && mark.value !== (chosenPlate()?.typed ?? ''))) return 'undo';
  if (ctrl) return null;
  if (key === 'Enter') return onButton ? null : 'accept';
  return { Insert: 'add', '+': 'add', ArrowUp: 'previousPlate', ArrowDown: 'nextPlate', PageUp: 'previousPicture', PageDown: 'nextPicture' }[key] ?? null;
}

document.addEventListener('keydown', (event) => {
  if (event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key.startsWith('Arrow')) {
    event.preventDefault();
    if (!state.busy) changeBox(event.key, event.shiftKey, event.repeat);
    return;
  }
  const act = actOf(event);
  if (act === null) return;
  event.preventDefault();
  void alone(acts[act]);
});
part('form').addEventListener('submit', (event) => {
  event.preventDefault();
  void alone(acts.accept);
});
for (const button of document.querySelectorAll('[data-do]')) button.addEventListener('click', () => void alone(acts[button.dataset.do]));
mark.addEventListener('input', showStored);

// ---- Drawing a box with a mouse

function pointOn(event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(frame.getScreenCTM().inverse());
  return [Math.round(point.x), Math.round(point.y)];
}
let from = null;
frame.addEventListener('pointerdown', (event) => { from = state.picture === null || state.picture.crop ? null : pointOn(event); });
frame.addEventListener('pointerup', (event) => {
  if (from === null || state.busy) return;
  const [x, y] = from, [right, bottom] = pointOn(event), box = { x: Math.min(x, right), y: Math.min(y, bottom), width: Math.abs(right - x), height: Math.abs(bottom - y) };
  from = null;
  if (box.width >= 6 && box.height >= 4) addPlate(box);
});

await alone(async () => {
  Object.assign(state, await ask('api/pictures'));
  await showNextOpen();
});
