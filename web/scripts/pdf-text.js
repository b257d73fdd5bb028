/** `node scripts/pdf-text.js FILE PASSWORD`: the text of a PDF as pdf.js, Firefox's and Thunderbird's reader, shows it; ends with 3 if the password is wrong. */
import { readFileSync } from 'node:fs';
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';

const [path = '', password = ''] = process.argv.slice(2);
try {
  const pdf = await getDocument({ data: new Uint8Array(readFileSync(path)), password, verbosity: VerbosityLevel.ERRORS }).promise;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const { items } = await (await pdf.getPage(number)).getTextContent();
    process.stdout.write(`${items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join('')}\n`);
  }
} catch (error) {
  if (!(error instanceof Error) || error.name !== 'PasswordException') throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 3;
}
