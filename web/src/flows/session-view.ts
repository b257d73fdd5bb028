/** Logging in and the first account, as pages show it. */
export interface LoginView {
  readonly busy: boolean;
  readonly problem: { kind: 'wrong' } | { kind: 'pause'; seconds: number } | { kind: 'offline' } | undefined;
  login(address: string, password: string): void;
}

export interface FirstRunView {
  readonly busy: boolean;
  readonly problem: 'code' | 'offline' | 'refused' | undefined;
  make(code: string, name: string, address: string, password: string): void;
}

export interface CaughtMail {
  id: string;
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  raw: string;
}

export interface CaughtView {
  readonly mails: CaughtMail[];
  clear(): void;
}
