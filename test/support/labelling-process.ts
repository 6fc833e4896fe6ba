/** Labels pictures of a folder as fast as it can, for a test that kills it: `node --import tsx labelling-process.ts FOLDER FROM`. Prints each picture's number once its label is said to be on the disk. */
import { LabelFile } from '../../src/labelling/label-file.ts';
import { labelled } from '../accuracy/labelled.ts';

const [folder = '', from = '0'] = process.argv.slice(2), file = await LabelFile.open(folder);
for (let i = Number(from); ; i++) {
  const label = labelled({ file: `${i}.jpg`, text: `AB${i}` });
  await file.put(label.file, { labels: [label], finished: true }, label);
  process.stdout.write(`${i}\n`);
}
