// Unified diffs of one file, made into the text after the change.

// The text after the diff; undefined: it is about several files, or does not fit to this text.
export function applyDiff(before: string, diff: string): string | undefined {
  const lines = diff.split('\n');
  const ends = before.includes('\r\n') ? '\r\n' : '\n';
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? []; // with their line ends
  const bare = (line: string) => line.replace(/\r?\n?$/, '');
  const out: string[] = [];
  let at = 0; // line of the old text
  let files = 0;
  let hunks = 0;
  for (let i = 0; i < lines.length; i++) {
    if (lines[i].startsWith('--- ')) files++;
    const head = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[i]);
    if (!head) continue;
    let [removed, added] = [Number(head[2] ?? 1), Number(head[3] ?? 1)];
    const start = removed === 0 ? Number(head[1]) : Number(head[1]) - 1;
    if (files > 1 || start < at || start > old.length) return undefined;
    out.push(...old.slice(at, start));
    at = start;
    hunks++;
    while (removed > 0 || added > 0) {
      const line = lines[++i];
      if (line === undefined) return undefined;
      const text = bare(line.slice(1));
      if (line[0] === '+') {
        const last = lines[i + 1]?.startsWith('\\'); // "No newline at end of file"
        out.push(last ? text : text + ends);
        added--;
      } else if (line[0] === '-' || line[0] === ' ' || line === '') {
        if (at >= old.length || bare(old[at]) !== text) return undefined;
        if (line[0] !== '-') {
          out.push(old[at]);
          added--;
        }
        at++;
        removed--;
      } else if (line[0] !== '\\') {
        return undefined;
      }
    }
  }
  if (hunks === 0 || files > 1) return undefined;
  return out.concat(old.slice(at)).join('');
}
