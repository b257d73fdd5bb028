/** The organisation's name, logo and one colour. Nothing else can be branded. */
export interface Brand {
  /** Empty if not set. */
  name: string;
  /** Address on this server; at most 200 × 40 px. */
  logo?: string | undefined;
  /** As #rrggbb. */
  colour?: string | undefined;
  imprint?: string | undefined;
  privacy?: string | undefined;
}
