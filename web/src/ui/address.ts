/** What is missing for an address; the server has the last word. */
export function addressProblem(text: string): 'missing' | 'at' | 'end' | undefined {
  const address = text.trim();
  if (address === '') return 'missing';
  const [local, host, ...more] = address.split('@');
  if (!local || host === undefined || more.length > 0 || /\s/.test(address)) return 'at';
  return /^[^.]+(\.[^.]+)+$/.test(host) || host === 'localhost' ? undefined : 'end';
}
