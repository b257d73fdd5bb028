import { ApiProblem } from '../api/port.ts';

/** A list that is fetched: it says that it loads, and that nothing gets through. */
interface Fetched {
  loading: boolean;
  offline: boolean;
}

/** Runs `work` for a list. An ended session is told to `onsession`; any other refusal shows as no connection. */
export async function guarded(list: Fetched, onsession: () => void, work: () => Promise<void>): Promise<void> {
  list.loading = true;
  try {
    await work();
    list.offline = false;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status === 401) onsession();
    else list.offline = true;
  } finally {
    list.loading = false;
  }
}
