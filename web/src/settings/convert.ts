/** One door for all targets of a bundle. */
import { bundleText, SUFFIX, MEDIA_TYPE, type Bundle } from './bundle.ts';
import { safeName, textFile, type MadeFile } from './file-name.ts';
import { K9S_TYPE, writeK9s, type Signatures } from './k9s.ts';
import type { Loss } from './loss.ts';
import { MOBILECONFIG_TYPE, writeMobileconfig, type ProfileTexts } from './mobileconfig.ts';
import { keyFiles, templateFiles, type Parts } from './parts.ts';
import { writeQuicktext } from './quicktext.ts';
import { brokenReferences } from './references.ts';
import { HEADINGS, type Heading } from './select.ts';
import { SIEVE_TYPE, writeSieve } from './sieve.ts';
import { writeVcards } from './vcard.ts';

export const TARGETS = ['k9s', 'mobileconfig', 'vcard', 'eml', 'quicktext', 'sieve', 'keys', 'bundle'] as const;
export type Target = (typeof TARGETS)[number];

/** The headings of which a target takes anything at all. */
export const CARRIES: Record<Target, readonly Heading[]> = {
  k9s: ['accounts', 'signatures'],
  mobileconfig: ['accounts', 'contacts', 'certificates', 'calendars'],
  vcard: ['contacts'],
  eml: ['templates'],
  quicktext: ['templates'],
  sieve: ['rules'],
  keys: ['certificates'],
  bundle: HEADINGS,
};

export interface Wishes {
  signatures: Signatures;
  /** On a configuration profile. */
  texts: ProfileTexts;
}

/** Whether there is anything that this target takes. */
export function offers(bundle: Bundle, target: Target): boolean {
  switch (target) {
    case 'k9s':
      return bundle.accounts.length > 0;
    case 'mobileconfig':
      return bundle.accounts.length + bundle.certificates.length > 0 || bundle.addressBooks.some(({ kind }) => kind === 'carddav') || bundle.calendars.length > 0;
    case 'vcard':
      return bundle.addressBooks.some(({ contacts }) => bundle.blobs.has(contacts ?? ''));
    case 'eml':
      return bundle.templates.length > 0;
    case 'quicktext':
      return bundle.quickTexts.length > 0;
    case 'sieve':
      return bundle.rules.length > 0;
    case 'keys':
      return bundle.certificates.length + bundle.openpgpKeys.length > 0;
    case 'bundle':
      return true;
  }
}

const one = (file: MadeFile, losses: Loss[]): Parts => ({ files: [file], passwords: [], losses });

/** Writes a bundle as files of the target; what the target does not carry is among the losses. */
export async function convert(bundle: Bundle, target: Target, wishes: Wishes): Promise<Parts> {
  switch (target) {
    case 'bundle':
      return one({ name: `settings${SUFFIX}`, type: MEDIA_TYPE, bytes: bundleText(bundle.document) }, brokenReferences(bundle));
    case 'k9s': {
      const { text, losses } = await writeK9s(bundle, wishes.signatures);
      return one(textFile('mail.k9s', K9S_TYPE, text), losses);
    }
    case 'mobileconfig': {
      const { text, losses } = await writeMobileconfig(bundle, wishes.texts);
      return one(textFile('mail.mobileconfig', MOBILECONFIG_TYPE, text), losses);
    }
    case 'vcard': {
      const { text, losses } = await writeVcards(bundle);
      return one(textFile('contacts.vcf', 'text/vcard', text), losses);
    }
    case 'quicktext': {
      const { bytes, losses } = writeQuicktext(bundle);
      return one({ name: 'quicktext.json', type: 'application/json', bytes }, losses);
    }
    case 'sieve':
      return scripts(bundle);
    case 'eml':
      return templateFiles(bundle);
    case 'keys':
      return keyFiles(bundle);
  }
}

/** One script for each account that has rules. */
function scripts(bundle: Bundle): Parts {
  const owners = bundle.accounts.filter(({ id }) => bundle.rules.some((rule) => rule.account === id));
  const all: Parts = { files: [], passwords: [], losses: [] };
  for (const account of [...owners, ...(bundle.rules.some((rule) => typeof rule.account !== 'string') ? [undefined] : [])]) {
    const { text, losses } = writeSieve(bundle, account);
    all.files.push(textFile(`${safeName(account?.id ?? 'rules')}.sieve`, SIEVE_TYPE, text));
    all.losses.push(...losses);
  }
  return all;
}
