/** Logging in and the first account, as pages show it. */
export interface LoginView {
  readonly busy: boolean;
  readonly problem: { kind: 'wrong' } | { kind: 'pause'; seconds: number } | { kind: 'offline' } | { kind: 'failed' } | undefined;
  login(address: string, password: string): void;
}

export interface FirstRunView {
  readonly busy: boolean;
  readonly problem: 'code' | 'busy' | 'address' | 'closed' | 'offline' | 'refused' | undefined;
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

export interface SessionsView {
  /** The account's logins, newest first; times in ms. */
  readonly sessions: { id: string; label: string; created: number; used: number; current: boolean }[];
  readonly busy: boolean;
  readonly offline: boolean;
  end(id: string): void;
  logout(): void;
  logoutEverywhere(): void;
}
