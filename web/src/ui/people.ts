/** Somebody written to. */
export interface Person {
  address: string;
  name?: string | undefined;
  invalid?: boolean;
}
