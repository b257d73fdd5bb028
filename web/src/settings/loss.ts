/** What did not come along, and why: data, so that the page says it in its reader's language. */
export interface Loss {
  /** The category of the bundle it belongs to, or `secrets`, `bundle`. */
  category: string;
  /** Its id, or its name where it has none. */
  item?: string | undefined;
  /** A stable word. */
  reason: string;
}

export const lossOf = (category: string, item: string, reason: string): Loss => ({ category, item, reason });
export const lossWhole = (category: string, reason: string): Loss => ({ category, reason });
