import type { SecretProblem } from '../../flows/keyring-view.ts';
import type { MemberTexts } from '../../ui/texts/member.en.ts';

/** What is said below a field of a secret that was not taken. */
export function secretError(problem: SecretProblem | undefined, t: MemberTexts): string | undefined {
  switch (problem) {
    case undefined:
      return undefined;
    case 'wrong':
      return t.sealPassWrong;
    case 'short':
      return t.sealPassShort;
    case 'login-password':
      return t.sealPassIsLogin;
    case 'kit-mistyped':
      return t.kitMistyped;
    case 'kit-wrong':
      return t.kitWrong;
    case 'distrusted':
      return t.distrusted;
    case 'offline':
      return t.offline;
    case 'failed':
      return t.goneWrong;
  }
}
