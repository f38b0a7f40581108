// Where a long Markdown text may be cut, so that its parts can be drawn one by one.

export const ROOM = 3000; // characters: what is longer without a gap is cut
export const PIECE = 1000; // characters that are drawn at once, about: as many as a frame has time for

export interface Part {
  end: number; // in the text
  source: string; // what is to be rendered
  fence: string; // the line that opened the code block which the part ends in, or ''
  free: boolean; // cut between two blocks, and not for want of room
}

function closes(line: string, fence: string): boolean {
  const open = /^\s*(`{3,}|~{3,})/.exec(fence)![1];
  const mark = /^\s*(`{3,}|~{3,})\s*$/.exec(line)?.[1];
  return mark !== undefined && mark[0] === open[0] && mark.length >= open.length;
}

// The next part behind `from`, or undefined if nothing is whole yet: what is left may still change. `fence`: of the part
// before. It ends before a block that cannot belong to the one above it; where there is none within ROOM, behind a line.
export function nextPart(text: string, from: number, fence: string): Part | undefined {
  const source = (end: number) => (fence ? `${fence}\n` : '') + text.slice(from, end);
  let open = fence;
  let free = from;
  for (let at = from, next; (next = text.indexOf('\n', at)) >= 0; at = next + 1) {
    const line = text.slice(at, next);
    if (open) open = closes(line, open) ? '' : open;
    else if (/^\s*(`{3,}|~{3,})/.test(line)) open = line;
    // A list goes on behind a blank line, with its numbers.
    else if (line.trim() === '' && /^[^\s\d*+-]/.test(text.slice(next + 1, next + 2))) free = next + 1;
    if (next + 1 - from < ROOM && free - from < PIECE) continue;
    return free > from ? { end: free, source: source(free), fence: '', free: true }
      : { end: next + 1, source: source(next + 1), fence: open, free: false };
  }
  return free > from ? { end: free, source: source(free), fence: '', free: true } : undefined;
}
