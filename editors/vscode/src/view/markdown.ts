// Markdown that grows. What cannot change any more is drawn once and kept; only the end is drawn again with each piece. A
// long text is drawn part by part, for a few milliseconds a frame: keys are looked at in between.
import MarkdownIt from 'markdown-it';
import { nextPart, PIECE, ROOM } from './parts';

const md = new MarkdownIt({ html: false, linkify: true });
md.disable('image'); // nothing is fetched

const FRAME_MS = 4;
const unfinished = new Set<Markdown>();
let due = false;

// The newest first: it is the one that is seen.
function drawSome(): void {
  const end = performance.now() + FRAME_MS;
  const drawn = new Set<Markdown>();
  while (unfinished.size && performance.now() < end) {
    const one = [...unfinished].pop()!;
    if (!one.drawPart()) unfinished.delete(one);
    drawn.add(one);
  }
  for (const one of drawn) if (!unfinished.has(one)) one.grown();
  due = unfinished.size > 0;
  if (due) requestAnimationFrame(drawSome);
}

/** Whether more of a text is to be drawn. */
export function drawing(): boolean {
  return unfinished.size > 0;
}

export class Markdown {
  readonly node = document.createElement('div');
  private part?: HTMLElement; // that grows
  private partChars = 0;
  private tail = document.createElement('div');
  private text = '';
  private whole = false;
  private drawn = 0; // characters that the parts show
  private fence = ''; // see parts.ts
  private free = true; // the last cut was one between two blocks

  // grown: called when all that there is was drawn.
  constructor(readonly grown: () => void) {
    this.node.className = 'md';
    this.tail.className = 'growing';
    this.node.append(this.tail);
  }

  // whole: nothing will be added, so a short one is drawn as one.
  draw(text: string, whole: boolean): void {
    if (text === this.text && whole === this.whole) return;
    if ((whole && text.length <= ROOM) || !text.startsWith(this.text.slice(0, this.drawn))) this.clear();
    this.text = text;
    this.whole = whole;
    unfinished.add(this);
    if (!due) requestAnimationFrame(drawSome);
    due = true;
  }

  private clear(): void {
    this.node.replaceChildren(this.tail);
    this.part = undefined;
    this.drawn = 0;
    this.fence = '';
    this.free = true;
  }

  // Draws one part, or what is left; true: there is more to be drawn.
  drawPart(): boolean {
    const next = this.whole && this.text.length <= ROOM ? undefined : nextPart(this.text, this.drawn, this.fence);
    if (next) {
      if (!this.part || this.partChars > PIECE) this.newPart(this.text.length - next.end > ROOM);
      this.put(this.part!, next.source, next.free);
      this.partChars += next.source.length;
      this.drawn = next.end;
      this.fence = next.fence;
    }
    const more = next !== undefined && this.text.length - this.drawn > 0;
    const rest = more ? '' : this.text.slice(this.drawn);
    const free = this.free;
    this.tail.replaceChildren();
    this.put(this.tail, rest && (this.fence ? `${this.fence}\n` : '') + rest, true);
    this.free = free;
    return more;
  }

  // free: see parts.ts. What was cut for want of room has no gap in it.
  private put(where: HTMLElement, source: string, free: boolean): void {
    const last = where.lastElementChild;
    where.insertAdjacentHTML('beforeend', md.render(source));
    const first = last ? last.nextElementSibling : where.firstElementChild;
    if (!this.free) first?.classList.add('goes-on');
    if (!free) where.lastElementChild?.classList.add('cut');
    this.free = free;
  }

  // The one before is whole now, and is laid out only where it is seen; as is this one, when more is known to follow:
  // it stands below what is seen, as nothing is scrolled before the end of it.
  private newPart(followed: boolean): void {
    this.part?.classList.replace('growing', 'part');
    this.part = document.createElement('div');
    this.part.className = followed ? 'part' : 'growing';
    this.partChars = 0;
    this.tail.before(this.part);
  }
}
