/** Mail as a member's own program sends it to the gateway, and what comes out: the carrier's PDF, opened as a reader does. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { Mail } from './server.ts';

export interface Letter {
  from: string;
  to: string[];
  subject: string;
  text: string;
  files?: Record<string, Uint8Array>;
}

const encoded = (text: string): string => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
const base64 = (bytes: Uint8Array): string => (Buffer.from(bytes).toString('base64').match(/.{1,76}/g) ?? []).join('\r\n');

function raw({ from, to, subject, text, files = {} }: Letter): string {
  const part = (head: string, bytes: Uint8Array): string => `--b\r\n${head}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(bytes)}\r\n`;
  return [
    `From: ${from}`, `To: ${to.join(', ')}`, `Subject: ${encoded(subject)}`, 'Date: Mon, 23 Nov 2026 09:41:00 +0100', `Message-ID: <${Date.now()}@example.test>`,
    'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '',
    part('Content-Type: text/plain; charset=utf-8', Buffer.from(text))
      + Object.entries(files).map(([name, bytes]) => part(`Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="${name}"`, bytes)).join('') + '--b--\r\n',
  ].join('\r\n');
}

/** Hands a mail in by SMTP; ends when it was acknowledged. */
export async function post(gateway: string, letter: Letter): Promise<void> {
  const [host, port] = gateway.split(':');
  const socket = connect(Number(port), host);
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const answer = async (code: string): Promise<void> => {
    for (;;) {
      const { value } = (await lines.next()) as { value?: string };
      if (value === undefined) throw new Error('the gateway hung up');
      if (!value.startsWith(code)) throw new Error(`the gateway said ${value}`);
      if (value[3] !== '-') return;
    }
  };
  const say = async (line: string, code = '250'): Promise<void> => {
    socket.write(`${line}\r\n`);
    await answer(code);
  };
  await answer('220');
  await say('EHLO client.example.test');
  await say(`MAIL FROM:<${/<(.*)>/.exec(letter.from)?.[1] ?? letter.from}>`);
  for (const to of letter.to) await say(`RCPT TO:<${to}>`);
  await say('DATA', '354');
  await say(`${raw(letter).replace(/^\./gm, '..')}\r\n.`);
  await say('QUIT', '221');
  socket.destroy();
}

/** The PDF that a mail carries; none in others. */
export function pdfIn(mail: Mail): Buffer | undefined {
  const found = /Content-Type: application\/pdf[\s\S]*?\r?\n\r?\n([A-Za-z0-9+/=\s]+?)\r?\n--/i.exec(mail.raw);
  return found?.[1] === undefined ? undefined : Buffer.from(found[1], 'base64');
}

function withFile<T>(pdf: Buffer, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'depesche-pdf-'));
  const path = join(folder, 'mail.pdf');
  writeFileSync(path, pdf);
  try {
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PDFJS = fileURLToPath(new URL('../scripts/pdf-text.js', import.meta.url));

/** What readers show, or none if the password is not the one; poppler, MuPDF and pdf.js must agree. */
export function textOf(pdf: Buffer, password: string): string | undefined {
  return withFile(pdf, (path) => {
    const shown = [
      ['pdftotext', '-q', '-upw', password, path, '-'], ['mutool', 'draw', '-q', '-F', 'text', '-p', password, path], [process.execPath, PDFJS, path, password],
    ].map(([reader = '', ...words]) => {
      const { status, stdout, error } = spawnSync(reader, words, { encoding: 'utf8' });
      if (error !== undefined) throw error;
      return status === 0 ? stdout : undefined;
    });
    // In which order, and where a line ends, is each reader's own.
    const letters = new Set(shown.map((text) => text && [...text.normalize('NFKC').replaceAll(/\s/g, '')].sort().join('')));
    if (letters.size > 1) throw new Error(`readers show different things: ${JSON.stringify(shown)}`);
    return shown[0];
  });
}

/** Where its links lead, as qpdf reads them. */
export function linksOf(pdf: Buffer, password: string): string[] {
  return withFile(pdf, (path) => {
    const open = execFileSync('qpdf', [`--password=${password}`, '--decrypt', '--qdf', '--object-streams=disable', path, '-'], { maxBuffer: 1 << 28 }).toString('latin1');
    return [...new Set([...open.matchAll(/\/URI \(([^)]*)\)/g)].map((match) => match[1] ?? ''))];
  });
}
